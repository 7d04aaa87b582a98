// The program of advertised-listeners: the classic layouts on two brokers; what a producer gets of
// each, and what `kbench doctor` says.
import { PLAINTEXT } from '../../src/connect/cold.js';
import { examine } from '../../src/targets/external/doctor/doctor.js';
import type { Examination } from '../../src/targets/external/doctor/examination.js';
import type { KafkaCluster, KafkaClusterOptions } from '../../src/targets/kafka/kafka-cluster.js';
import { formatSpread } from '../bench-report.js';
import type { Experiment, PartContext } from './experiment.js';
import { markdownTable } from './page-figures.js';
import { makeTopic, programPart, timed, withProducer, type Settings } from './program-part.js';

const TOPIC = 'reached';
const LIMIT_MS = 5_000;
const INSIDE = 'INSIDE';
const EXTERNAL = 'EXTERNAL';
const WRONG_HOST = 'WRONGHOST';
const NO_NAME = 'NONAME';

/** Listener and what it stands for. */
const LAYOUTS: readonly (readonly [listener: string | null, what: string])[] = [
  [null, 'same host, advertised as it is'],
  [EXTERNAL, 'internal and external listeners, by the external one'],
  [INSIDE, 'internal and external listeners, by the internal one'],
  [WRONG_HOST, 'the wrong host advertised'],
  [NO_NAME, 'a name advertised that does not resolve'],
];

const advertise: KafkaClusterOptions['advertise'] = ({ id, port, listeners = [] }) => {
  const portOf = (name: string): number => listeners.find((each) => each.name === name)!.port;
  return [
    `PLAINTEXT://127.0.0.1:${port}`,
    `${EXTERNAL}://127.0.0.1:${portOf(EXTERNAL)}`,
    `${INSIDE}://kafka-${id}.internal.invalid:${portOf(INSIDE)}`,
    `${WRONG_HOST}://127.0.0.2:${portOf(WRONG_HOST)}`,
    `${NO_NAME}://broker-${id}.invalid:${portOf(NO_NAME)}`,
  ].join();
};

export const advertisedListeners: Experiment = {
  name: 'advertised-listeners',
  question: 'Why does it connect at first and fail after?',
  parts: [
    programPart({
      title: 'the classic layouts',
      seconds: 40,
      rounds: 2,
      cluster: {
        ...{ brokers: 2, heap: '512m', advertise },
        listeners: Object.fromEntries(
          [EXTERNAL, INSIDE, WRONG_HOST, NO_NAME].map((name) => [name, 'PLAINTEXT']),
        ),
      },
      measure,
    }),
  ],
};

interface Outcome {
  readonly bootstrapMs: number;
  readonly metadata: string;
  readonly sendMs: number;
  readonly sent: string;
}

async function measure(
  cluster: KafkaCluster,
  { rounds, tell }: PartContext & { readonly rounds: number },
): Promise<string> {
  await makeTopic(cluster, TOPIC, { partitions: 2, replicationFactor: 2 });
  const rows: string[][] = [];
  const found: string[] = [];
  for (const [listener, what] of LAYOUTS) {
    tell(what);
    const address = (listener === null ? cluster.bootstrap : cluster.listeners[listener])[0];
    const outcomes: Outcome[] = [];
    for (let round = 0; round < rounds; round++) outcomes.push(await produce(address));
    const examination = await doctor(address);
    const [{ metadata, sent }] = outcomes;
    rows.push([
      what,
      formatSpread(
        outcomes.map(({ bootstrapMs }) => bootstrapMs),
        0,
      ),
      metadata,
      sent,
      formatSpread(
        outcomes.map(({ sendMs }) => sendMs),
        0,
      ),
      codes(examination),
    ]);
    found.push(...advice(what, examination));
  }
  const head = ['layout', 'bootstrap, ms', 'metadata', 'a record', 'after, ms', 'kbench doctor'];
  const said = 'What `kbench doctor` says, for broker 1:';
  return [markdownTable(head, rows), said, found.join('\n')].join('\n\n');
}

async function produce(address: string): Promise<Outcome> {
  const settings: Settings = {
    ...{ acks: 'all', 'linger.ms': 0, 'max.block.ms': LIMIT_MS },
    ...{ 'delivery.timeout.ms': LIMIT_MS, 'request.timeout.ms': LIMIT_MS },
  };
  return await withProducer({ bootstrap: [address] }, settings, async (producer) => {
    const bootstrap = await timed(() => producer.connect());
    let metadata = 'none';
    const asked = await timed(async () => {
      metadata = `${(await producer.partitionsFor(TOPIC)).length} partitions`;
    });
    const sent = await timed(() => producer.send({ topic: TOPIC, value: 'one' }));
    return {
      bootstrapMs: bootstrap.ms,
      metadata: asked.error === null ? metadata : asked.error.name,
      sendMs: sent.ms,
      sent: sent.error === null ? 'stored' : sent.error.name,
    };
  });
}

async function doctor(address: string): Promise<Examination> {
  return await examine({
    ...{ addresses: [address], security: {}, securityLabel: 'PLAINTEXT', place: 'the sweep' },
    way: { access: PLAINTEXT, timeoutMs: LIMIT_MS, stop: undefined },
    topics: null,
    tell: () => undefined,
  });
}

const codes = ({ findings }: Examination): string =>
  findings.length === 0 ? 'ok' : [...new Set(findings.map(({ code }) => code))].join(', ');

/** Ports differ each time. */
const steady = (text: string): string => text.replaceAll(/:\d{4,5}\b/g, ':PORT');

function advice(what: string, { findings }: Examination): string[] {
  const [first] = findings.filter(({ broker }) => broker === 1);
  if (first === undefined) return [];
  return [`- ${what}: ${steady(first.cause)}. Remedy: ${steady(first.remedy)}.`];
}
