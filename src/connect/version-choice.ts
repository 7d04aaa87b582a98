// What a broker speaks, and which version of an API both sides know. Called by all that ask a
// broker something over a WireClient.
import { withoutSecrets } from '../base/secrets/secrets.js';
import {
  apiVersionsRequest,
  apiVersionsResponse,
  type ApiVersionsResponse,
} from '../wire/apis/index.js';
import type { Decoded, Message, WireReader } from '../wire/index.js';
import { ProbeFailure } from './probe-failure.js';
import type { WireClient } from './wire-client.js';
import { ERROR, errorRow, type ErrorCode } from '../wire/error-codes.js';

export type ApiVersions = Decoded<ApiVersionsResponse>;

/**
 * A broker that does not know our version answers 35 in version 0's shape, with what it does know.
 */
export async function apiVersions(client: WireClient): Promise<ApiVersions> {
  const ask = (version: number) =>
    client.request(
      apiVersionsRequest,
      apiVersionsResponse,
      version,
      { clientSoftwareName: 'kbench', clientSoftwareVersion: '1' },
      (reader: WireReader) => (reader.int16() === ERROR.UNSUPPORTED_VERSION ? 0 : version),
    );
  let answer = await ask(apiVersionsRequest.versions[1]);
  if (answer.errorCode === ERROR.UNSUPPORTED_VERSION)
    answer = await ask(versionFor(answer, apiVersionsRequest) ?? 0);
  if (answer.errorCode !== ERROR.NONE) throw brokerFailure('ApiVersions', answer.errorCode);
  return answer;
}

/** The newest version that both sides know; null where there is none. */
export function versionFor(versions: ApiVersions, table: Message<unknown>): number | null {
  const theirs = versions.apiKeys.find(({ apiKey }) => apiKey === table.api);
  if (theirs === undefined) return null;
  const version = Math.min(theirs.maxVersion, table.versions[1]);
  return version >= Math.max(theirs.minVersion, table.versions[0]) ? version : null;
}

export function brokerFailure(api: string, code: ErrorCode, detail?: string | null): ProbeFailure {
  const { name, message } = errorRow(code);
  return new ProbeFailure(
    'broker-error',
    `answers ${api} with ${name} (${code}): ${detail == null ? message : withoutSecrets(detail)}`,
  );
}
