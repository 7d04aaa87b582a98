// Why a run could not be made, in words that survive the way from a worker thread to the user.
import { KbenchError } from '../../base/errors.js';
import {
  AuthenticationError,
  BootstrapError,
  ConfigError,
  ProducerError,
  TimeoutError,
} from '../../connect/index.js';
import { isSecuritySetting } from '../../connect/security/index.js';
import { BufferExhaustedError, RecordTooLargeError } from '../../producer-core/harness.js';
import type { WorkerFailure } from '../threads/worker-result.js';

export function failureOf(error: unknown): WorkerFailure {
  if (error instanceof KbenchError) {
    const { message, remedy } = error;
    return remedy === undefined ? { message } : { message, remedy };
  }
  if (error instanceof ProducerError) {
    const remedy = remedyOf(error);
    return remedy === undefined ? { message: error.message } : { message: error.message, remedy };
  }
  if (error instanceof KbenchError) {
    const { message, remedy } = error;
    return remedy === undefined ? { message } : { message, remedy };
  }
  if (error instanceof Error) return { message: `${error.name}: ${error.message}` };
  return { message: String(error) };
}

function remedyOf(error: ProducerError): string | undefined {
  if (error instanceof BootstrapError)
    return 'check the addresses and that the brokers are up and reachable from here';
  if (error instanceof ConfigError) {
    const where = isSecuritySetting(error.setting)
      ? 'target.security'
      : "the point's producer settings";
    return `change \`${error.setting}\` in ${where}`;
  }
  if (error instanceof AuthenticationError)
    return 'check target.security, and what the broker knows of this user';
  if (error instanceof RecordTooLargeError)
    return 'lower workload.valueBytes, or raise max.request.size or buffer.memory';
  if (error instanceof BufferExhaustedError)
    return 'check that the brokers answer, or raise max.block.ms';
  if (error instanceof TimeoutError)
    return 'check that the topic exists and has leaders, or raise max.block.ms';
  if (error.kafkaName.endsWith('AUTHORIZATION_FAILED'))
    return "check the user's ACLs for this topic";
  if (error.kafkaName === 'UNKNOWN_TOPIC_OR_PARTITION') return 'check that the topic exists';
  return undefined;
}
