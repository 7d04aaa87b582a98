// The driver `core`: kbench's own producer. A driver turns a run's spec into a ProducerCore; the generator knows nothing else of it.
import type { RunSpec } from '../../contract/run-spec.js';
import { CoreProducer } from '../../producer-core/core-producer.js';
import type { ProducerCore, ProducerHooks } from '../../producer-core/producer-api.js';

/** Connects to nothing yet. Throws ConfigError on settings that Java's producer would refuse. */
export function createCoreProducer(spec: RunSpec, hooks: ProducerHooks): ProducerCore {
  const settings = { ...spec.settings.producer, 'bootstrap.servers': spec.bootstrap.join(',') };
  return new CoreProducer({ settings, hooks });
}
