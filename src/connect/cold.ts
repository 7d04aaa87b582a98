// The door for who asks a cluster a few questions: probe, administration, reader.
export { apiVersions, type ApiVersions, brokerFailure, versionFor } from './version-choice.js';
export {
  ADVICE,
  HEADING,
  headingOf,
  networkFailure,
  ProbeFailure,
  type ProbeFailureKind,
  tlsFailure,
} from './probe-failure.js';
export { speaksTls } from './tls-check.js';
export { type Access, type BorrowedAnswer, PLAINTEXT, WireClient } from './wire-client.js';
