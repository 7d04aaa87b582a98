// Finds the Java that runs Kafka. Called by kafka-jars.ts and whatever starts a Java program.
import path from 'node:path';
import { javaEnvironment } from './processes/child-environment.js';
import { runToEnd } from './processes/child-process.js';

/** The `java` to run: that of JAVA_HOME if set, else the one on the PATH. */
export const javaCommand = (env: NodeJS.ProcessEnv = process.env) =>
  env['JAVA_HOME'] ? path.join(env['JAVA_HOME'], 'bin', 'java') : 'java';

/** Major version from the text of `java -version` (`1.8.0_392` is 8); null when it is not there. */
export function javaMajor(versionText: string): number | null {
  const match = /version "(\d+)(?:\.(\d+))?/.exec(versionText);
  if (match === null) return null;
  return match[1] === '1' ? Number(match[2]) : Number(match[1]);
}

/** The oldest Java that runs brokers of a Kafka version: KIP-1013 for 4.x. */
export const javaNeeded = (kafkaVersion: string) =>
  Number(kafkaVersion.split('.')[0]) >= 4 ? 17 : 8;

/** Why there is no Java for this Kafka; null when there is one. */
export async function javaProblem(
  kafkaVersion: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ readonly reason: string; readonly remedy: string } | null> {
  const needed = javaNeeded(kafkaVersion);
  const remedy =
    `Install a Java runtime, version ${needed} or newer, ` +
    'and put it on the PATH or set JAVA_HOME.';
  const command = javaCommand(env);
  const run = await runToEnd(command, ['-XX:-UsePerfData', '-version'], {
    timeoutMs: 30_000,
    env: javaEnvironment(env),
    maxOutputBytes: 64 * 1024,
  });
  if (run.startError !== null) {
    return {
      reason: `Kafka ${kafkaVersion} needs Java, and ${command} could not be started`,
      remedy,
    };
  }
  const major = javaMajor(run.stderr) ?? javaMajor(run.stdout);
  if (run.code !== 0 || major === null) {
    return {
      reason:
        `\`${command} -version\` gave no version ` +
        `(${(run.stderr || run.stdout).trim().slice(0, 200)})`,
      remedy,
    };
  }
  if (major < needed) {
    return {
      reason:
        `Kafka ${kafkaVersion} needs Java ${needed} or newer, ` +
        `and ${command} is version ${major}`,
      remedy,
    };
  }
  return null;
}
