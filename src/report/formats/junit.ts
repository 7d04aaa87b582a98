// The report as JUnit XML, so that CI shows gates and runs as tests: a suite for each point, in it
// a case for each gate (failed gate = failure) and for each planned run (invalid or failed run =
// error, run not made = skipped). A gate without a figure is an error: its runs say why.
import type { RunResult } from '../../contract/run-result.js';
import type { ThresholdOutcome } from '../../contract/threshold.js';
import { promiseText } from '../text/audit-text.js';
import { significant } from '../text/format.js';
import { pointLabel } from '../model/point-label.js';
import type { PointRow, Report } from '../model/report-model.js';
import { groupByPoint } from '../model/summarize.js';
import { adviceOf, isCounted, reasonsOfRun, wordingOf } from '../notes/verdicts.js';
import { renderJunit, type JunitCase, type JunitSuite } from './junit-xml.js';

export function renderJunitReport({ results, rows }: Report): string {
  const runs = groupByPoint(results.runs);
  return renderJunit(rows.map((row) => suiteOf(results.name, row, runs.get(row.point.id) ?? [])));
}

function suiteOf(sweep: string, row: PointRow, runs: readonly RunResult[]): JunitSuite {
  const { point } = row;
  const classname = `${sweep}.${point.id}`;
  const gates = (point.thresholds ?? []).map((outcome) => gateCase(classname, outcome, row));
  const missing = Array.from({ length: row.missing }, (_, index): JunitCase => ({
    ...{ name: `run not made ${index + 1} of ${row.missing}`, classname, seconds: 0 },
    outcome: { kind: 'skipped', message: 'planned, not made: `kbench run --resume` makes it' },
  }));
  const label = pointLabel(point);
  return {
    name: label === point.id ? `${sweep}: ${point.id}` : `${sweep}: ${point.id} (${label})`,
    cases: [
      ...gates,
      ...runs.flatMap((run) => [runCase(classname, run), ...auditCase(classname, run)]),
      ...missing,
    ],
  };
}

function gateCase(
  classname: string,
  { text, metric, value, bound, passed }: ThresholdOutcome,
  row: PointRow,
): JunitCase {
  const name = `gate ${text}`;
  if (passed) return { name, classname, seconds: 0, outcome: { kind: 'passed' } };
  if (value === null) {
    // No run yet: nothing is decided. Runs, but no figure: something is wrong.
    const message =
      row.point.runs === 0 ? `${metric}: no run made` : `${metric}: no valid run has a figure`;
    return {
      name,
      classname,
      seconds: 0,
      outcome: { kind: row.point.runs === 0 ? 'skipped' : 'error', message },
    };
  }
  const off =
    bound === 0 ? '' : ` by ${significant((100 * Math.abs(value - bound)) / Math.abs(bound))} %`;
  const message = `${metric} is ${significant(value)}: misses ${text}${off}`;
  return {
    name,
    classname,
    seconds: 0,
    outcome: { kind: 'failure', message, detail: `median over ${row.point.valid} valid runs` },
  };
}

/** A case of its own for each audited run: broken promises are failures, no audit an error. */
function auditCase(classname: string, { run, audit, notAudited }: RunResult): JunitCase[] {
  const base = { name: `audit of run ${run}`, classname, seconds: (audit?.tookMs ?? 0) / 1000 };
  if (notAudited !== undefined) {
    const message = `not audited: ${notAudited.message}`;
    return [{ ...base, outcome: { kind: 'error', message } }];
  }
  if (audit === undefined) return [];
  const broken = audit.promises.filter((each) => each.broken);
  if (broken.length === 0) return [{ ...base, outcome: { kind: 'passed' } }];
  const message = `promises broken: ${broken.map(({ promise }) => promise).join(', ')}`;
  const detail = broken.map((each) => promiseText(run, audit, each)).join('\n');
  return [{ ...base, outcome: { kind: 'failure', message, detail } }];
}

function runCase(classname: string, run: RunResult): JunitCase {
  const base = {
    name: `run ${run.run} (repeat ${run.repeat})`,
    classname,
    seconds: (run.measurement?.measuredMs ?? 0) / 1000,
  };
  if (isCounted(run)) return { ...base, outcome: { kind: 'passed' } };
  const reasons = reasonsOfRun(run).filter(({ severity }) => severity !== 'warning');
  const [first] = reasons;
  const message =
    first === undefined
      ? 'invalid: no figures'
      : `${wordingOf(first.code).label}: ${first.message}`;
  const detail = reasons
    .map((each) => `${wordingOf(each.code).label}: ${each.message}\n${adviceOf(each)}`)
    .join('\n');
  return { ...base, outcome: { kind: 'error', message, ...(detail === '' ? {} : { detail }) } };
}
