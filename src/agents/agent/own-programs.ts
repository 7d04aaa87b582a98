// What a run starts beside its workers, as this machine has it: a program's path never comes from
// the coordinator. Called by serve-coordinator before each share.
import type { RunSpec } from '../../contract/run-spec.js';
import { javaMember } from '../../targets/kafka/java-member.js';
import { DEFAULT_KAFKA_VERSION } from '../../targets/kafka/kafka-rules.js';

/** Throws RunError with what is missing here. */
export async function withOwnPrograms(spec: RunSpec): Promise<RunSpec> {
  const { memberProgram: _theirs, ...run } = spec;
  const { consumers } = run.settings;
  if (consumers?.kind !== 'group' || consumers.driver !== 'java') return run;
  return { ...run, memberProgram: await javaMember(DEFAULT_KAFKA_VERSION) };
}
