// A broker that knows the secret (it was given it) and says it wherever it has a word: SASL errors,
// topics' errors, the cluster's id. Lets kbench's own requests in as wanted, and never the
// producer. Speaks just enough Kafka for that. Test-only.
import net, { type AddressInfo } from 'node:net';
import { apiVersionsResponse } from '../wire/apis/api-versions.js';
import { createTopicsRequest, createTopicsResponse } from '../wire/apis/create-topics.js';
import { deleteTopicsResponse } from '../wire/apis/delete-topics.js';
import { describeClusterResponse } from '../wire/apis/describe-cluster.js';
import { metadataResponse } from '../wire/apis/metadata.js';
import {
  saslAuthenticateRequest,
  saslAuthenticateResponse,
} from '../wire/apis/sasl-authenticate.js';
import { saslHandshakeResponse } from '../wire/apis/sasl-handshake.js';
import { decodeRequestHeader, encodeResponse } from '../wire/frame.js';
import { decodeMessage } from '../wire/message.js';
import { WireReader } from '../wire/reader.js';
import { ERROR } from '../wire/error-codes.js';
import { API, type ApiKey } from '../wire/api-keys.js';

/** The client id of the producer that is refused; kbench's own requests have another. */
export const PRODUCER_ID = 'load';

/**
 * Versions without flexible headers, but DescribeCluster's and DeleteTopics' message needs its last
 * ones.
 */
const APIS: readonly (readonly [api: ApiKey, low: number, high: number])[] = [
  [API.PRODUCE, 3, 8],
  [API.METADATA, 4, 8],
  [API.SASL_HANDSHAKE, 0, 1],
  [API.API_VERSIONS, 0, 0],
  [API.CREATE_TOPICS, 2, 4],
  [API.DELETE_TOPICS, 5, 5],
  [API.SASL_AUTHENTICATE, 0, 1],
  [API.DESCRIBE_CLUSTER, 0, 0],
];

export interface HostileBroker {
  readonly address: string;
  close(): void;
}

export interface Hostility {
  /** Whether the probe and the topics' requests are let in. */
  readonly letsIn: boolean;
  /** What it says, given the bytes that it was told to authenticate. */
  readonly says: (authBytes: Buffer) => string;
}

export async function startHostileBroker({ letsIn, says }: Hostility): Promise<HostileBroker> {
  let heard: Buffer = Buffer.alloc(0);
  let port = 0;
  const server = net.createServer((socket) => {
    let received: Buffer = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const end = 4 + received.readInt32BE(0);
        const answer = answerTo(received.subarray(4, end));
        received = received.subarray(end);
        if (answer !== null) socket.write(answer);
      }
    });
  });

  function answerTo(frame: Buffer): Buffer | null {
    const reader = new WireReader(frame);
    const { api, version, correlationId: id, clientId } = decodeRequestHeader(reader);
    const word = () => says(heard);
    switch (api) {
      case API.API_VERSIONS: {
        const apiKeys = APIS.map(([apiKey, minVersion, maxVersion]) => ({
          apiKey,
          minVersion,
          maxVersion,
        }));
        return encodeResponse(apiVersionsResponse, 0, id, {
          errorCode: version === 0 ? ERROR.NONE : ERROR.UNSUPPORTED_VERSION,
          apiKeys,
        });
      }
      case API.SASL_HANDSHAKE:
        return encodeResponse(saslHandshakeResponse, version, id, {
          errorCode: ERROR.NONE,
          mechanisms: ['PLAIN'],
        });
      case API.SASL_AUTHENTICATE: {
        heard = Buffer.from(decodeMessage(saslAuthenticateRequest, version, reader).authBytes);
        const refused = !letsIn || clientId === PRODUCER_ID;
        return encodeResponse(saslAuthenticateResponse, version, id, {
          errorCode: refused ? ERROR.SASL_AUTHENTICATION_FAILED : ERROR.NONE,
          errorMessage: refused ? word() : null,
          authBytes: Buffer.alloc(0),
        });
      }
      case API.DESCRIBE_CLUSTER:
        return encodeResponse(describeClusterResponse, version, id, {
          clusterId: word(),
          brokers: [{ brokerId: 1, host: '127.0.0.1', port }],
        });
      case API.METADATA:
        return encodeResponse(metadataResponse, version, id, {
          brokers: [{ nodeId: 1, host: '127.0.0.1', port }],
          controllerId: 1,
          topics: [{ name: topic, partitions: [{ partitionIndex: 0, leaderId: 1 }] }],
        });
      case API.CREATE_TOPICS:
        topic = decodeMessage(createTopicsRequest, version, reader).topics[0].name;
        return encodeResponse(createTopicsResponse, version, id, {
          topics: [{ name: topic, errorCode: ERROR.NONE }],
        });
      case API.DELETE_TOPICS:
        return encodeResponse(deleteTopicsResponse, version, id, {
          responses: [
            { name: topic, errorCode: ERROR.TOPIC_AUTHORIZATION_FAILED, errorMessage: word() },
          ],
        });
      default:
        return null;
    }
  }

  let topic = '';
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
  return { address: `127.0.0.1:${port}`, close: () => server.close() };
}
