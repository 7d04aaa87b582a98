// SaslHandshake (API key 17): fields, types and versions as in Apache Kafka 4.3's message
// definitions (clients/src/main/resources/common/message/SaslHandshakeRequest.json,
// SaslHandshakeResponse.json). Interpreted by ../message.ts.
import { f, message } from '../message.js';
import type { ErrorCode } from '../error-codes.js';
import { API } from '../api-keys.js';

export interface SaslHandshakeRequest {
  mechanism?: string;
}

export const saslHandshakeRequest = message<SaslHandshakeRequest>({
  api: API.SASL_HANDSHAKE,
  name: 'SaslHandshakeRequest',
  versions: [0, 1],
  flexibleFrom: 32767,
  fields: [f('mechanism', 'string', '0+')],
});

export interface SaslHandshakeResponse {
  errorCode?: ErrorCode;
  mechanisms?: string[];
}

export const saslHandshakeResponse = message<SaslHandshakeResponse>({
  api: API.SASL_HANDSHAKE,
  name: 'SaslHandshakeResponse',
  versions: [0, 1],
  flexibleFrom: 32767,
  fields: [f('errorCode', 'int16', '0+'), f('mechanisms', '[]string', '0+')],
});
