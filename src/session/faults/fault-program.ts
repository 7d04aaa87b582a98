// Runs a program that a fault names, on whatever cluster it is: without a shell, with kbench's own
// environment (kubectl, ssh and their agents need theirs), with a time limit, on a leash that ends
// it with kbench. Called by time-line.ts; the result tells, it never rejects.
import { withoutSecrets } from '../../base/secrets/secrets.js';
import { runToEnd } from '../../targets/kafka/processes/child-process.js';

const KEPT_OUTPUT_BYTES = 64 * 1024;
/** Of what it said last, in results. */
const KEPT_CHARACTERS = 2_000;

export interface ProgramEnd {
  readonly exitCode: number | null;
  /** The end of stdout, then of stderr. */
  readonly output: string;
  /** Why it was not well; null where it was. */
  readonly failure: string | null;
}

export async function runFaultProgram(
  [program, ...args]: readonly string[],
  { folder, timeLimitMs }: { readonly folder: string; readonly timeLimitMs: number },
): Promise<ProgramEnd> {
  const run = await runToEnd(program, args, {
    timeoutMs: timeLimitMs,
    env: process.env,
    cwd: folder,
    maxOutputBytes: KEPT_OUTPUT_BYTES,
  });
  const said = [run.stdout, run.stderr].map((text) => text.trim()).filter((text) => text !== '');
  const output = withoutSecrets(said.join('\n')).slice(-KEPT_CHARACTERS);
  const last = output.split('\n').at(-1) ?? '';
  const ending = last === '' ? '' : `: ${last}`;
  return { exitCode: run.code, output, failure: failureOf() };

  function failureOf(): string | null {
    if (run.startError !== null) return `${program} cannot be started: ${run.startError.message}`;
    if (run.timedOut)
      return `${program} did not end within ${timeLimitMs / 1000} s (timeLimit)${ending}`;
    if (run.code === null) return `${program} was ended by a signal${ending}`;
    return run.code === 0 ? null : `${program} ended with exit code ${run.code}${ending}`;
  }
}
