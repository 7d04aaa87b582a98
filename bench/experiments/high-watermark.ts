// The program of high-watermark: a follower stops answering while records are written. How far the
// log goes (LEO, by acknowledgements), the high watermark, and what a consumer has seen.
import { sleep } from '../../src/base/time-limit.js';
import type { Producer } from '../../src/producer-core/index.js';
import { openReader } from '../../src/reader/index.js';
import type { KafkaCluster } from '../../src/targets/kafka/kafka-cluster.js';
import { formatSpread } from '../bench-report.js';
import type { Experiment, PartContext } from './experiment.js';
import { markdownTable } from './page-figures.js';
import { makeTopic, programPart, withProducer } from './program-part.js';

const LAG_LIMIT_MS = 10_000;
const PAUSE_AT_MS = 4_000;
const PAUSED_MS = 14_000;
const LENGTH_MS = 24_000;
const GAP_MS = 5;
const LOOK_MS = 250;
/** Rows of the time line. */
const SHOWN_S = [2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22];

export const highWatermark: Experiment = {
  name: 'high-watermark',
  question: 'What does a consumer see while a follower lags?',
  parts: [
    programPart({
      title: 'a follower pauses: acknowledged, high watermark, seen',
      seconds: 2 * (LENGTH_MS / 1000 + 4),
      rounds: 2,
      cluster: {
        brokers: 3,
        heap: '512m',
        brokerConfig: { 'replica.lag.time.max.ms': String(LAG_LIMIT_MS) },
      },
      measure,
    }),
  ],
};

type Acks = '1' | 'all';

interface Look {
  readonly atMs: number;
  readonly acknowledged: number;
  readonly highWatermark: number;
  readonly seen: number;
}

interface Round {
  readonly looks: readonly Look[];
  readonly ackMs: Phases;
  readonly visibleMs: Phases;
}

/** Longest before the pause, and from it on. */
interface Phases {
  readonly before: number;
  readonly during: number;
}

async function measure(
  cluster: KafkaCluster,
  { rounds, signal, tell }: PartContext & { readonly rounds: number },
): Promise<string> {
  const made: Record<Acks, Round[]> = { '1': [], all: [] };
  for (let round = 0; round < rounds; round++) {
    for (const acks of ['1', 'all'] as const) {
      tell(`round ${round + 1} of ${rounds}, acks=${acks}`);
      made[acks].push(await once(cluster, `lagging-${acks}-${round}`, acks, signal));
    }
  }
  const rows = Object.entries(made).map(([acks, of]) => [
    acks,
    formatSpread(
      of.map(({ ackMs }) => ackMs.before),
      0,
    ),
    formatSpread(
      of.map(({ ackMs }) => ackMs.during),
      0,
    ),
    formatSpread(
      of.map(({ visibleMs }) => visibleMs.before),
      0,
    ),
    formatSpread(
      of.map(({ visibleMs }) => visibleMs.during),
      0,
    ),
    formatSpread(
      of.map(({ looks }) => Math.max(...looks.map((l) => l.acknowledged - l.seen))),
      0,
    ),
  ]);
  const head = [
    ...['acks', 'longest until the ack before, ms', 'and with a lagging follower, ms'],
    ...['longest until seen before, ms', 'and with a lagging follower, ms'],
    'most acknowledged and not seen, records',
  ];
  const first = 'The first round with acks=1:';
  return [markdownTable(head, rows), first, timeLine(made['1'][0])].join('\n\n');
}

function timeLine({ looks }: Round): string {
  const count = (value: number): string => value.toLocaleString('en-US');
  const rows = SHOWN_S.flatMap((second) => {
    const look = looks.find(({ atMs }) => atMs >= second * 1000);
    if (look === undefined) return [];
    const { acknowledged, highWatermark: mark, seen } = look;
    const what =
      second * 1000 < PAUSE_AT_MS ? '' : second * 1000 < PAUSE_AT_MS + PAUSED_MS ? ', paused' : '';
    return [[`${second} s${what}`, ...[acknowledged, mark, seen].map(count)]];
  });
  return markdownTable(['time', 'acknowledged up to', 'high watermark', 'seen up to'], rows);
}

async function once(
  cluster: KafkaCluster,
  topic: string,
  acks: Acks,
  signal: AbortSignal,
): Promise<Round> {
  await makeTopic(cluster, topic, {
    partitions: 1,
    replicationFactor: 3,
    config: { 'min.insync.replicas': 2 },
  });
  return await withProducer(cluster, { acks, 'linger.ms': 0 }, async (producer) => {
    const [{ leader }] = await producer.partitionsFor(topic);
    const follower = cluster.brokers.find(({ id }) => id !== leader?.id)!;
    const load = new Load(cluster, topic, producer);
    try {
      const pausing = (async () => {
        await sleep(PAUSE_AT_MS, signal);
        await follower.pause();
        await sleep(PAUSED_MS, signal);
        await follower.resume();
      })();
      await Promise.all([load.run(signal), pausing]);
    } finally {
      await follower.resume();
    }
    return load;
  });
}

/** Sends, reads along, and looks at both. */
class Load implements Round {
  readonly looks: Look[] = [];
  readonly ackMs = { before: 0, during: 0 };
  readonly visibleMs = { before: 0, during: 0 };
  private acknowledged = 0;
  private mark = 0;
  private seen = 0;
  private readonly startMs = performance.now();

  constructor(
    private readonly cluster: KafkaCluster,
    private readonly topic: string,
    private readonly producer: Producer,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    const reading = new AbortController();
    const reader = openReader({ bootstrap: this.cluster.bootstrap });
    const visitor = {
      onRecord: (
        _slot: number,
        offset: number,
        bytes: Buffer,
        _k: number,
        _n: number,
        at: number,
      ) => {
        this.seen = offset + 1;
        this.note(this.visibleMs, bytes.readDoubleLE(at));
      },
      onAnswer: (_slot: number, _receivedMs: number, mark: number) => {
        this.mark = mark;
      },
    };
    const read = reader.read([{ topic: this.topic, partition: 0, from: 0 }], visitor, {
      signal: AbortSignal.any([signal, reading.signal]),
    });
    const timer = setInterval(() => this.look(), LOOK_MS);
    try {
      await this.send(signal);
      await sleep(1000, signal);
    } finally {
      clearInterval(timer);
      reading.abort();
      await read;
      reader.close();
    }
  }

  private async send(signal: AbortSignal): Promise<void> {
    const sends: Promise<void>[] = [];
    while (performance.now() - this.startMs < LENGTH_MS) {
      const sentMs = performance.now();
      const value = Buffer.alloc(100);
      value.writeDoubleLE(sentMs);
      const stored = this.producer.send({ topic: this.topic, value }).then(({ offset }) => {
        this.acknowledged = Math.max(this.acknowledged, offset + 1);
        this.note(this.ackMs, sentMs);
      });
      sends.push(stored);
      await sleep(GAP_MS, signal);
    }
    await Promise.all(sends);
  }

  private note(phases: { before: number; during: number }, sentMs: number): void {
    const phase = performance.now() - this.startMs < PAUSE_AT_MS ? 'before' : 'during';
    // The first second finds its connections.
    if (sentMs - this.startMs < 1000) return;
    phases[phase] = Math.max(phases[phase], performance.now() - sentMs);
  }

  private look(): void {
    const { acknowledged, mark, seen } = this;
    const atMs = performance.now() - this.startMs;
    this.looks.push({ atMs, acknowledged, highWatermark: mark, seen });
  }
}
