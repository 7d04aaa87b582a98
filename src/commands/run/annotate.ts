// Failed gates and audits as annotations of a GitHub Actions step. Called where one decides the
// exit code; does nothing elsewhere.
import { commandToStderr } from '../../base/terminal.js';
import { githubAnnotation } from '../../report/text/escape-github.js';
import { auditAnnotations } from '../../report/notes/audit-notes.js';
import { gateAnnotations } from '../../report/notes/gate-notes.js';
import { printable } from '../../report/text/format.js';
import type { Report } from '../../report/model/report-model.js';

const MAX_CHARACTERS = 4_000;

/** On stderr, which the runner reads as it does stdout: that one may be JSON for a program. */
export function annotateGates(report: Report): void {
  if (process.env['GITHUB_ACTIONS'] !== 'true') return;
  const title = `kbench: ${printable(report.results.name, 80)}`;
  for (const text of [...gateAnnotations(report), ...auditAnnotations(report)])
    commandToStderr(githubAnnotation('error', printable(text, MAX_CHARACTERS), { title }));
}
