// SaslHandshake (API key 17): fields, types and versions as in Apache Kafka 4.3's message
// definitions (clients/src/main/resources/common/message/SaslHandshakeRequest.json,
// SaslHandshakeResponse.json). Interpreted by ../message.ts.
import { f, message } from '../message.js';

export interface SaslHandshakeRequest {
  mechanism?: string;
}

export const saslHandshakeRequest = message<SaslHandshakeRequest>({
  api: 17,
  name: 'SaslHandshakeRequest',
  versions: [0, 1],
  flexibleFrom: 32767,
  fields: [f('mechanism', 'string', '0+')],
});

export interface SaslHandshakeResponse {
  errorCode?: number;
  mechanisms?: string[];
}

export const saslHandshakeResponse = message<SaslHandshakeResponse>({
  api: 17,
  name: 'SaslHandshakeResponse',
  versions: [0, 1],
  flexibleFrom: 32767,
  fields: [f('errorCode', 'int16', '0+'), f('mechanisms', '[]string', '0+')],
});
