// The style sheet of the comparison's page: light and dark, narrow screens, print. No image, no font from elsewhere.
export const COMPARISON_STYLE = `
:root{--ink:#1c2430;--soft:#5b6675;--line:#dde2e8;--ground:#fff;--panel:#f6f8fa;--bad:#b42318;--good:#0f7b3f;--care:#9a5b00;--band:#e3e9f1}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#9aa6b5;--line:#303a46;--ground:#12171d;--panel:#1a2129;--bad:#ff8a7a;--good:#5fd08f;--care:#f0b65a;--band:#2a3542}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1180px;margin:0 auto;padding:24px 20px 60px}
h1{font-size:1.55rem;line-height:1.25;margin:.1em 0 .4em}
h1.bad{color:var(--bad)}h1.care{color:var(--care)}
h2{font-size:1.1rem;margin:2em 0 .6em}
h3{font-size:1rem;margin:1.4em 0 .4em}
.kicker{color:var(--soft);margin:0;font-size:.85rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:3px 12px 3px 0;vertical-align:middle;white-space:nowrap}
thead th{color:var(--soft);font-weight:600;font-size:.85rem;border-bottom:1px solid var(--line);vertical-align:bottom}
.n{text-align:right}
.sides th[scope=row]{color:var(--soft);font-weight:400}
.sides td{white-space:normal;min-width:170px;overflow-wrap:anywhere}
.sides .unlike td,.sides .moved{color:var(--care)}
.figures{width:100%}
.figures th[scope=row]{font-weight:400}
.pair th{padding-top:14px;font-weight:600;border-bottom:1px solid var(--line);white-space:normal;overflow-wrap:anywhere}
.pair .id{color:var(--soft);font-weight:400}
.bad .verdict{color:var(--bad);font-weight:600}.good .verdict{color:var(--good);font-weight:600}.care .verdict{color:var(--care)}.none .verdict{color:var(--soft)}
.verdict{white-space:normal;min-width:120px}
.plot{display:block}.legend .plot{display:inline-block;vertical-align:middle}
.plot .m{fill:var(--band)}.plot .z{stroke:var(--soft);stroke-width:1}.plot .v{stroke:var(--soft);stroke-width:2;fill:none}.plot .d{fill:var(--soft)}
.bad .v{stroke:var(--bad)}.bad .d{fill:var(--bad)}.good .v{stroke:var(--good)}.good .d{fill:var(--good)}.care .v{stroke:var(--care)}.care .d{fill:var(--care)}
.plot.bad .v{stroke:var(--bad)}.plot.bad .d{fill:var(--bad)}
.axis text{fill:var(--soft);font-size:11px}
input:checked~.scroll tr.same,input:checked~.scroll tbody.all-same{display:none}
input{margin:0 6px 0 0;vertical-align:-2px}label{cursor:pointer}.figures{margin-top:10px}
.changes{padding-left:1.2em}.changes li{margin:.25em 0}a{color:inherit}
.notes{padding-left:1.2em}.notes li{margin:.35em 0;max-width:90ch}.notes .bad{color:var(--bad)}.notes .care{color:var(--care)}
.legend{color:var(--soft);font-size:.85rem}
code{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:.9em}
@media (max-width:760px){.sides td{min-width:110px}.sides th[scope=row]{white-space:normal}.axis text{font-size:20px}.wide{display:none}.plot,.axis{width:130px;height:auto}h1{font-size:1.3rem}main{padding:16px 12px 40px}.verdict{min-width:70px}}
@media print{main{max-width:none;padding:0}input,label{display:none}.scroll{overflow:visible}tbody{break-inside:avoid}body{font-size:11px}}
`;
