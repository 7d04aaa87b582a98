// The same question of the reader: when it says that an answer was there, against the answer's last
// byte on the wire. It reads in this thread while a worker in another one produces. For truth.ts.
import type { RunSpec } from '../../src/contract/run-spec.js';
import { openReader } from '../../src/reader/index.js';
import { API } from '../../src/wire/api-keys.js';
import { runWorkload } from '../../src/workloads/run-workload.js';
import { captured } from './capture.js';
import { requestsOnWire } from './pcap.js';

/** An answer without records has some 80 bytes, one with a record of 100 B more than 200. */
const HOLDS_RECORDS = 160;
const CLOCK_READINGS = 20;

export const READER_HEAD = ['reader beside', 'answers', 'told later p50', 'p99', 'max ms'];

export async function readerRow(spec: RunSpec): Promise<string[]> {
  const port = Number(spec.bootstrap[0].split(':').at(-1));
  const { result, file } = await captured(port, () => readBeside(spec));
  const wire = requestsOnWire(file, port, API.FETCH)
    .filter(({ answerBytes }) => answerBytes > HOLDS_RECORDS)
    .map(({ completeMs }) => completeMs);
  if (wire.length !== result.length)
    throw new Error(`${wire.length} answers with records on the wire, ${result.length} told`);
  const later = result.map((ms, i) => ms - wire[i]).sort((a, b) => a - b);
  const at = (share: number): string => later[Math.floor(share * (later.length - 1))].toFixed(3);
  return [`${spec.settings.workload.rate}/s`, String(later.length), at(0.5), at(0.99), at(1)];
}

/** When each answer with records was there as the reader says, in ms since 1970. */
async function readBeside(spec: RunSpec): Promise<readonly number[]> {
  const reader = openReader({ bootstrap: spec.bootstrap });
  const received: number[] = [];
  let answerMs: number | null = null;
  const stop = new AbortController();
  const reading = reader.read(
    [{ topic: spec.topicName, partition: 0, from: 0 }],
    {
      onAnswer: (_slot, receivedMs) => (answerMs = receivedMs),
      onRecord: () => {
        if (answerMs !== null) received.push(answerMs);
        answerMs = null;
      },
    },
    { signal: stop.signal },
  );
  try {
    const { measurement } = await runWorkload(spec);
    if (measurement === null) throw new Error('the run failed');
    await new Promise((resolve) => setTimeout(resolve, 1000));
  } finally {
    stop.abort();
    await reading;
    reader.close();
  }
  const offsetMs = wallOffsetMs();
  return received.map((ms) => ms + offsetMs);
}

/**
 * What performance.now() lacks of the wall clock, which tcpdump has: at the moment in which a
 * millisecond begins. An interruption makes it too small, so the largest of some readings.
 */
function wallOffsetMs(): number {
  let largest = -Infinity;
  for (let i = 0; i < CLOCK_READINGS; i++) {
    const before = Date.now();
    let wall = before;
    while (wall === before) wall = Date.now();
    largest = Math.max(largest, wall - performance.now());
  }
  return largest;
}
