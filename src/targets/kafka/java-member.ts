// The program that is a member of a consumer group by Apache's own client: a Java source of ours,
// run from source with the jars of a Kafka release. Called by session before a run that asks so.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RunError } from '../../base/errors.js';
import type { MemberProgram } from '../../contract/run-spec.js';
import { requireJdk } from '../drivers/jdk.js';
import { requireKafkaJars } from './kafka-jars.js';

const SOURCE = 'drivers/java/GroupMember.java';
/** A member's heap: what its fetches bring, and little else. */
const JVM = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:-UsePerfData', '-Dlog4j2.level=OFF'];

/** Throws RunError with what is missing. */
export async function javaMember(version: string): Promise<MemberProgram> {
  const java = await requireJdk('consumers.driver java');
  const { classPath } = await requireKafkaJars(version);
  return { command: java, args: [...JVM, '-cp', classPath, sourceFile()] };
}

/** Found from src/ (tests) as from dist/src/ (the build and the package). */
function sourceFile(): string {
  for (const up of ['../../../', '../../../../']) {
    const file = fileURLToPath(new URL(up + SOURCE, import.meta.url));
    if (existsSync(file)) return file;
  }
  throw new RunError(`${SOURCE} is missing from this installation`, 'install kbench anew');
}
