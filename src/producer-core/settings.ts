// The door for who plans: Java's settings and their rules. Loads nothing that sends.
export { recordUpperBound } from './batching/format/record-size.js';
export { readAddresses, readSetting, Refusal, valueProblem } from './config/config-rules.js';
export {
  effectiveIdempotence,
  PRODUCER_SETTINGS,
  producerConfigProblems,
} from './config/config.js';
export { interceptorNames } from './config/module-names.js';
