// The last words of `kbench run` and its exit code. Everything is saved and reported by then. Where
// several things went wrong the exit code tells the first of: stopped by the user (105), runs that
// could not be made (107), gates or audits that failed (99), as k6 does: what was not measured
// cannot pass.
import { EXIT, RunError } from '../../base/errors.js';
import { toStderr } from '../../base/terminal.js';
import type { ExitCode } from '../../base/errors.js';
import { plural, printable } from '../../report/text/format.js';
import { anyAuditFailed, auditAnnotations } from '../../report/notes/audit-notes.js';
import { anyGateFailed } from '../../report/notes/gate-notes.js';
import { madeText } from '../../report/text/heading.js';
import type { Report } from '../../report/model/report-model.js';
import type { SweepOutcome } from '../../session/execute.js';
import { annotateGates } from './annotate.js';

/** Of a sentence about a broken promise. */
const AUDIT_CHARACTERS = 1000;

/**
 * Throws the RunError that ended the sweep, if one did. `total`: runs that this session set out to
 * make; `unsaved`: what could not be written beside them.
 */
export function conclude(
  outcome: SweepOutcome,
  report: Report,
  directory: string,
  total: number,
  unsaved: readonly RunError[],
): ExitCode {
  const { failed, stopped, error, gate } = outcome;
  const goOn = `go on with: kbench run --resume ${printable(directory)}`;
  const made = madeText(report);
  const say = (text: string) => toStderr(`${text}\n`);
  annotateGates(report);
  for (const { message, remedy } of unsaved) {
    say(`not saved: ${printable(message)}${remedy === undefined ? '' : `; ${printable(remedy)}`}`);
  }
  if (stopped) {
    say(`stopped: ${made}; ${goOn}`);
    return EXIT.stopped;
  }
  if (error !== null)
    throw new RunError(error.message, [error.remedy, goOn].filter(Boolean).join('; then '));
  if (gate !== null) {
    say(
      `ended by a gate: ${printable(gate.gate, 200)} at ${printable(gate.point, 24)}: ${gate.text}`,
    );
    say(`${made}; to make the rest all the same, ${goOn}`);
  }
  if (failed > 0) {
    say(`${failed} of ${plural(total, 'run')} could not be made; to make them again, ${goOn}`);
    return EXIT.runFailed;
  }
  if (unsaved.length > 0) return EXIT.runFailed;
  for (const text of auditAnnotations(report)) say(printable(text, AUDIT_CHARACTERS));
  const failedCheck = gate !== null || anyGateFailed(report) || anyAuditFailed(report);
  return failedCheck ? EXIT.gateFailed : EXIT.ok;
}

/** `kbench report --check`: 99 where a gate or an audit of the saved results has failed. */
export function checkGates(report: Report): ExitCode {
  annotateGates(report);
  return anyGateFailed(report) || anyAuditFailed(report) ? EXIT.gateFailed : EXIT.ok;
}
