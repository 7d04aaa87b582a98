// The core over TLS against a bare node:tls pump of the same produce requests: same server (brokers
// in a process of their own that decrypt and answer), same bytes a request, same number in flight,
// interleaved. The aim is 80 % of the pump.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { makeAuthority } from '../src/connect/security/index.js';
import { produceRequest } from '../src/wire/apis/all.js';
import { encodeRequest } from '../src/wire/index.js';
import { UnpluggedCluster } from '../src/targets/embedded/in-process.js';
import { buildBatch } from '../src/testing/raw-client.js';
import { threadCpu } from '../src/workloads/measure/thread-cpu.js';
import { initHistograms } from '../src/workloads/measure/histogram.js';
import { PayloadPool } from '../src/workloads/payload/payload.js';
import { benchTable, circumstances, formatSpread, type BenchOptions } from './bench-report.js';
import { measureCore } from './core/core-run.js';

export const title = 'TLS: the core against a bare node:tls pump of the same bytes';

const ROUNDS = 5;
const BYTES = 400_000_000;
const VALUE_BYTES = 1000;
const BATCH_SIZES = [16_384, 65_536, 262_144];
const IN_FLIGHT = 5;
/** Java's default. */
const BUFFER_MEMORY = 32 * 2 ** 20;

interface Sample {
  readonly mebibytesPerSecond: number;
  readonly cpuMicrosPerMebibyte: number;
}

export async function run(options: BenchOptions): Promise<void> {
  await initHistograms();
  const rounds = options.rounds ?? ROUNDS;
  const child = fork(fileURLToPath(import.meta.url), ['server'], { execArgv: [] });
  const [{ port, authority }] = (await once(child, 'message')) as [
    { port: number; authority: string },
  ];
  const samples = BATCH_SIZES.map(() => ({ core: [] as Sample[], pump: [] as Sample[] }));
  try {
    for (let round = 0; round < rounds; round++) {
      for (const [i, batchBytes] of BATCH_SIZES.entries()) {
        const { sample, wireBytes } = await core(port, authority, batchBytes);
        samples[i].core.push(sample);
        samples[i].pump.push(await pump(port, authority, wireBytes));
      }
    }
  } finally {
    await end(child);
  }
  console.log(
    circumstances({}, `${rounds} rounds of ${BYTES / 1e6} MB, interleaved; median (min-max)`),
  );
  console.log(
    `work      values of ${VALUE_BYTES} B, acks=1, one batch a request, ` +
      `${IN_FLIGHT} in flight, TLS 1.3, ECDSA P-256\n`,
  );
  console.log(
    benchTable(
      [
        'batch.size',
        'core MiB/s',
        'pump MiB/s',
        'core / pump',
        'core CPU us/MiB',
        'pump CPU us/MiB',
      ],
      BATCH_SIZES.map((bytes, i) => {
        const { core: own, pump: bare } = samples[i];
        const column = (list: readonly Sample[], pick: (sample: Sample) => number) =>
          formatSpread(list.map(pick), 0);
        return [
          String(bytes),
          column(own, (each) => each.mebibytesPerSecond),
          column(bare, (each) => each.mebibytesPerSecond),
          formatSpread(
            own.map((each, round) => each.mebibytesPerSecond / bare[round].mebibytesPerSecond),
            2,
          ),
          column(own, (each) => each.cpuMicrosPerMebibyte),
          column(bare, (each) => each.cpuMicrosPerMebibyte),
        ];
      }),
    ),
  );
}

async function core(
  port: number,
  authority: string,
  batchBytes: number,
): Promise<{ sample: Sample; wireBytes: number }> {
  const records = Math.round(BYTES / VALUE_BYTES);
  const result = await measureCore({
    settings: {
      'bootstrap.servers': `127.0.0.1:${port}`,
      'security.protocol': 'SSL',
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.certificates': authority,
      'batch.size': batchBytes,
      acks: '1',
      'max.in.flight.requests.per.connection': IN_FLIGHT,
    },
    topic: 'bench',
    payload: new PayloadPool(VALUE_BYTES, 1),
    records,
    warmupRecords: Math.round(records / 4),
  });
  const mebibytes = result.wireBytes / 2 ** 20;
  const sample = {
    mebibytesPerSecond: (mebibytes * result.recordsPerSecond) / records,
    cpuMicrosPerMebibyte: (result.cpuMicros * records) / mebibytes,
  };
  return { sample, wireBytes: Math.round(result.wireBytes / result.batches) };
}

/**
 * Requests of a batch of about `batchBytes`, corked together as answers make room. As many of them
 * as buffer.memory holds take turns: one alone would be sent from the processor's cache, which no
 * producer's bytes are.
 */
async function pump(port: number, authority: string, batchBytes: number): Promise<Sample> {
  const value = Buffer.alloc(VALUE_BYTES, 'v');
  const batch = buildBatch(
    new Array<Buffer>(Math.max(1, Math.round(batchBytes / (VALUE_BYTES + 10)))).fill(value),
  );
  const request = encodeRequest(produceRequest, 11, 1, 'bench', {
    acks: 1,
    timeoutMs: 1000,
    topicData: [{ name: 'bench', partitionData: [{ index: 0, records: batch }] }],
  });
  const socket = tls.connect({ host: '127.0.0.1', port, ca: authority, servername: 'localhost' });
  socket.setNoDelay(true);
  await once(socket, 'secureConnect');
  const total = Math.round(BYTES / request.length);
  const requests = Array.from({ length: Math.ceil(BUFFER_MEMORY / request.length) }, () =>
    Buffer.from(request),
  );
  await pumpRequests(socket, requests, Math.round(total / 4));
  const cpuBefore = threadCpu()?.cpuMs ?? NaN;
  const startMs = performance.now();
  await pumpRequests(socket, requests, total);
  const seconds = (performance.now() - startMs) / 1000;
  const cpuMs = (threadCpu()?.cpuMs ?? NaN) - cpuBefore;
  socket.destroy();
  const mebibytes = (total * request.length) / 2 ** 20;
  return {
    mebibytesPerSecond: mebibytes / seconds,
    cpuMicrosPerMebibyte: (cpuMs * 1000) / mebibytes,
  };
}

function pumpRequests(
  socket: tls.TLSSocket,
  requests: readonly Buffer[],
  total: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let answerBytes = 0;
    let received = 0;
    let sent = 0;
    const send = (upTo: number) => {
      socket.cork();
      for (; sent < Math.min(total, upTo); sent++) socket.write(requests[sent % requests.length]);
      socket.uncork();
    };
    const onData = (bytes: Buffer) => {
      // All answers are of one length: same topic, same partition.
      if (answerBytes === 0) answerBytes = 4 + bytes.readInt32BE(0);
      received += bytes.length;
      const answered = Math.floor(received / answerBytes);
      send(answered + IN_FLIGHT);
      if (answered < total) return;
      socket.off('data', onData);
      resolve();
    };
    socket.once('error', reject);
    socket.on('data', onData);
    send(IN_FLIGHT);
  });
}

async function end(child: ChildProcess): Promise<void> {
  child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await once(child, 'exit');
  clearTimeout(timer);
}

/** The brokers behind TLS, in a process of their own. */
async function serve(): Promise<void> {
  const authority = makeAuthority('kbench bench');
  const { key, certificate } = authority.issue({
    name: 'localhost',
    names: ['localhost', '127.0.0.1'],
  });
  const cluster = new UnpluggedCluster(
    { brokers: 1, topics: [{ name: 'bench', partitions: 1 }] },
    {},
  );
  const server = tls.createServer({ key, cert: certificate, noDelay: true }, (socket) => {
    const connection = cluster.connect(1, {
      peer: 'tls',
      write: (bytes) => socket.write(bytes),
      resumeReads: () => void socket.resume(),
      destroy: () => void socket.destroy(),
    });
    socket.on('data', (bytes) => {
      if (!connection.receive(bytes as Buffer)) socket.pause();
    });
    socket.on('drain', () => connection.drained());
    socket.on('error', () => undefined);
    socket.on('close', () => connection.ended());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  cluster.state.brokers[0].port = port;
  process.on('disconnect', () => process.exit(0));
  process.send!({ port, authority: authority.certificate });
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.argv[2] === 'server')
  await serve();
