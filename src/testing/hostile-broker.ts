// A broker that knows the secret (it was given it) and says it wherever it has a word: SASL errors,
// topics' errors, the cluster's id. Lets kbench's own requests in as wanted, and never the
// producer. Speaks just enough Kafka for that. Test-only.
import net, { type AddressInfo } from 'node:net';
import {
  apiVersionsResponse,
  createTopicsRequest,
  createTopicsResponse,
  deleteTopicsResponse,
  describeClusterResponse,
  metadataResponse,
  produceResponse,
  saslAuthenticateRequest,
  saslAuthenticateResponse,
  saslHandshakeResponse,
} from '../wire/apis/all.js';
import {
  decodeMessage,
  decodeRequestHeader,
  encodeResponse,
  type RequestHeader,
  WireReader,
} from '../wire/index.js';
import { ERROR } from '../wire/error-codes.js';

/** The client id of the producer that is refused; kbench's own requests have another. */
export const PRODUCER_ID = 'load';

/**
 * Versions without flexible headers, but DescribeCluster's and DeleteTopics' message needs its last
 * ones. It never answers Produce.
 */
const VERSIONS: readonly (readonly [api: number, low: number, high: number])[] = [
  [produceResponse.api, 3, 8],
  [metadataResponse.api, 4, 8],
  [saslHandshakeResponse.api, 0, 1],
  [apiVersionsResponse.api, 0, 0],
  [createTopicsResponse.api, 2, 4],
  [deleteTopicsResponse.api, 5, 5],
  [saslAuthenticateResponse.api, 0, 1],
  [describeClusterResponse.api, 0, 0],
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

export async function startHostileBroker(hostility: Hostility): Promise<HostileBroker> {
  const answers = new HostileAnswers(hostility);
  const server = net.createServer((socket) => {
    let received: Buffer = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const end = 4 + received.readInt32BE(0);
        const { port } = server.address() as AddressInfo;
        const answer = answers.to(received.subarray(4, end), port);
        received = received.subarray(end);
        if (answer !== null) socket.write(answer);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, close: () => server.close() };
}

/** What it answers, and what it remembers from one request to the next. */
class HostileAnswers {
  readonly #hostility: Hostility;
  #heard: Buffer = Buffer.alloc(0);
  #topic = '';

  constructor(hostility: Hostility) {
    this.#hostility = hostility;
  }

  /** Null: no answer at all. */
  to(frame: Buffer, port: number): Buffer | null {
    const reader = new WireReader(frame);
    const header = decodeRequestHeader(reader);
    const { api, version, correlationId: id } = header;
    const self = { host: '127.0.0.1', port };
    switch (api) {
      case apiVersionsResponse.api:
        return encodeResponse(apiVersionsResponse, 0, id, apiVersions(version));
      case saslHandshakeResponse.api: {
        const value = { errorCode: ERROR.NONE, mechanisms: ['PLAIN'] };
        return encodeResponse(saslHandshakeResponse, version, id, value);
      }
      case saslAuthenticateResponse.api:
        this.#heard = Buffer.from(
          decodeMessage(saslAuthenticateRequest, version, reader).authBytes,
        );
        return encodeResponse(saslAuthenticateResponse, version, id, this.#verdict(header));
      case describeClusterResponse.api: {
        const value = { clusterId: this.#word(), brokers: [{ brokerId: 1, ...self }] };
        return encodeResponse(describeClusterResponse, version, id, value);
      }
      case metadataResponse.api:
        return encodeResponse(metadataResponse, version, id, {
          brokers: [{ nodeId: 1, ...self }],
          controllerId: 1,
          topics: [{ name: this.#topic, partitions: [{ partitionIndex: 0, leaderId: 1 }] }],
        });
      case createTopicsResponse.api: {
        this.#topic = decodeMessage(createTopicsRequest, version, reader).topics[0].name;
        const value = { topics: [{ name: this.#topic, errorCode: ERROR.NONE }] };
        return encodeResponse(createTopicsResponse, version, id, value);
      }
      case deleteTopicsResponse.api: {
        const refused = { errorCode: ERROR.TOPIC_AUTHORIZATION_FAILED, errorMessage: this.#word() };
        const value = { responses: [{ name: this.#topic, ...refused }] };
        return encodeResponse(deleteTopicsResponse, version, id, value);
      }
      default:
        return null;
    }
  }

  #word(): string {
    return this.#hostility.says(this.#heard);
  }

  #verdict({ clientId }: RequestHeader) {
    const refused = !this.#hostility.letsIn || clientId === PRODUCER_ID;
    return {
      errorCode: refused ? ERROR.SASL_AUTHENTICATION_FAILED : ERROR.NONE,
      errorMessage: refused ? this.#word() : null,
      authBytes: Buffer.alloc(0),
    };
  }
}

function apiVersions(asked: number) {
  return {
    errorCode: asked === 0 ? ERROR.NONE : ERROR.UNSUPPORTED_VERSION,
    apiKeys: VERSIONS.map(([apiKey, minVersion, maxVersion]) => ({
      apiKey,
      minVersion,
      maxVersion,
    })),
  };
}
