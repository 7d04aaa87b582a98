// What a run starts beside its workers, as this machine has it: a program's path never comes from
// the coordinator. Called by serve-coordinator before each share.
import type { RunSpec } from '../../contract/run-spec.js';
import { javaMember } from '../../targets/kafka/java-member.js';
import { DEFAULT_KAFKA_VERSION } from '../../targets/kafka/kafka-rules.js';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Throws RunError with what is missing here. */
export async function withOwnPrograms(spec: RunSpec): Promise<RunSpec> {
  const run: Mutable<RunSpec> = { ...spec };
  delete run.memberProgram;
  const { consumers } = run.settings;
  if (consumers?.kind === 'group' && consumers.driver === 'java')
    run.memberProgram = await javaMember(DEFAULT_KAFKA_VERSION);
  return run;
}
