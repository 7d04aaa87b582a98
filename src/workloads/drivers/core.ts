// The driver `core`: kbench's own producer. A driver turns a run's spec into a ProducerCore; the
// generator knows nothing else of it.
import type { RunSpec } from '../../contract/run-spec.js';
import {
  CoreProducer,
  type ProducerCore,
  type ProducerHooks,
} from '../../producer-core/harness.js';

/** Connects to nothing yet. Throws ConfigError on settings that Java's producer would refuse. */
export function createCoreProducer(
  spec: RunSpec,
  hooks: ProducerHooks,
  worker: number,
): ProducerCore {
  const { producer, workload } = spec.settings;
  const settings = {
    ...producer,
    ...spec.security,
    'bootstrap.servers': spec.bootstrap.join(','),
    ...(workload.transaction === null
      ? {}
      : { 'transactional.id': `${spec.transactionalIdPrefix}-${worker}` }),
  };
  const { modulesFrom } = spec;
  return new CoreProducer({
    settings,
    hooks,
    ...(modulesFrom === undefined ? {} : { modulesFrom }),
  });
}
