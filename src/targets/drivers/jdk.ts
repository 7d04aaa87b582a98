// The JDK that runs our Java sources (drivers/java/), which are compiled as they start. Called
// before either of them is. One rule, whatever the version of Kafka's client: it is what we test.
import { RunError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { javaCommand } from '../kafka/java.js';
import { javaEnvironment } from '../kafka/processes/child-environment.js';
import { runToEnd } from '../kafka/processes/child-process.js';

const JDK_NEEDED = 17;
/** In messages, and word for word in the documents. */
export const JDK_RULE = `a JDK of ${JDK_NEEDED} or newer (a JRE has no compiler)`;
const LIMIT_MS = 30_000;

/** The `java` to run. RunError where it has no compiler, is too old, or is not there. */
export async function requireJdk(
  what: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const java = javaCommand(env);
  // Gives `jdk.compiler@17.0.15` and more: compiler and version by one start of a JVM.
  const asked = await runToEnd(java, ['-XX:-UsePerfData', '--describe-module', 'jdk.compiler'], {
    timeoutMs: LIMIT_MS,
    env: javaEnvironment(env),
    maxOutputBytes: 64 * 1024,
  });
  const major = Number(/^jdk\.compiler@(\d+)/m.exec(asked.stdout)?.[1] ?? 0);
  if (asked.code === 0 && major >= JDK_NEEDED) return java;
  throw new RunError(
    `${what} takes ${JDK_RULE}, and ${whyNot(java, major, asked)}`,
    `install ${JDK_RULE}, and put it on the PATH or set JAVA_HOME`,
  );
}

function whyNot(
  java: string,
  major: number,
  { startError, timedOut, stdout, stderr }: Awaited<ReturnType<typeof runToEnd>>,
): string {
  if (startError !== null) return `${java} could not be started`;
  if (timedOut) return `${java} did not answer within ${LIMIT_MS / 1000} s`;
  if (major > 0) return `${java} is version ${major}`;
  const said = printable((stdout + stderr).trim().split('\n')[0], 160);
  return `${java} has none, or is older than 9 (it says: ${said})`;
}
