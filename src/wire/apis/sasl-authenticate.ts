// SaslAuthenticate (API key 36): fields, types and versions as in Apache Kafka 4.3's message
// definitions (clients/src/main/resources/common/message/SaslAuthenticateRequest.json,
// SaslAuthenticateResponse.json). Interpreted by ../message.ts.
import { f, message } from '../message.js';
import type { ErrorCode } from '../error-codes.js';
import { API } from '../api-keys.js';

export interface SaslAuthenticateRequest {
  authBytes?: Buffer;
}

export const saslAuthenticateRequest = message<SaslAuthenticateRequest>({
  api: API.SASL_AUTHENTICATE,
  name: 'SaslAuthenticateRequest',
  versions: [0, 2],
  flexibleFrom: 2,
  fields: [f('authBytes', 'bytes', '0+')],
});

export interface SaslAuthenticateResponse {
  errorCode?: ErrorCode;
  errorMessage?: string | null;
  authBytes?: Buffer;
  sessionLifetimeMs?: bigint;
}

export const saslAuthenticateResponse = message<SaslAuthenticateResponse>({
  api: API.SASL_AUTHENTICATE,
  name: 'SaslAuthenticateResponse',
  versions: [0, 2],
  flexibleFrom: 2,
  fields: [
    f('errorCode', 'int16', '0+'),
    f('errorMessage', 'string', '0+', { nullable: '0+' }),
    f('authBytes', 'bytes', '0+'),
    f('sessionLifetimeMs', 'int64', '1+', { default: 0n }),
  ],
});
