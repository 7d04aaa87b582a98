// The settings table held to ProducerConfig of Kafka's own jars, release by release: names, types,
// defaults, ranges.
import { expect, it } from 'vitest';
import { DEFAULT_KAFKA_VERSION } from '../../targets/kafka/kafka-rules.js';
import { javaSettings } from '../../testing/kafka/client-config-dump.js';
import { describeWithKafkaJars, testedVersions } from '../../testing/kafka/kafka-fixture.js';
import { PRODUCER_SETTINGS, type ProducerSetting } from './config.js';

const TYPES: Readonly<Record<ProducerSetting['type'], readonly string[]>> = {
  boolean: ['BOOLEAN'],
  string: ['STRING', 'CLASS'],
  enum: ['STRING'],
  list: ['LIST'],
  int: ['INT', 'LONG', 'SHORT'],
  double: ['DOUBLE'],
  bytes: ['INT', 'LONG'],
  ms: ['INT', 'LONG'],
  password: ['PASSWORD'],
};

/** `4.1` is not newer than `4.1.0`. */
function hasCome(since: string | undefined, version: string): boolean {
  const [major, minor] = (since ?? '0.0').split('.').map(Number);
  const [ofMajor, ofMinor] = version.split('.').map(Number);
  return major < ofMajor || (major === ofMajor && minor <= ofMinor);
}

/** Gone since 4.0. */
const FORMER = ['auto.include.jmx.reporter'];

for (const version of testedVersions) {
  await describeWithKafkaJars(
    `the settings of Kafka ${version}`,
    () => {
      it('are in the table by their names, and those of later releases are marked so', async () => {
        const names = [...(await javaSettings('producer.ProducerConfig', version)).keys()].filter(
          (name) => !FORMER.includes(name),
        );
        const ours = [...PRODUCER_SETTINGS.values()].filter(({ since }) => hasCome(since, version));
        expect(ours.map(({ name }) => name).toSorted()).toEqual(names);
      }, 90_000);
    },
    version,
  );
}

await describeWithKafkaJars(`the settings of Kafka ${DEFAULT_KAFKA_VERSION}, the reference`, () => {
  it('have Java’s types, defaults and ranges', async () => {
    for (const [name, java] of await javaSettings(
      'producer.ProducerConfig',
      DEFAULT_KAFKA_VERSION,
    )) {
      const setting = PRODUCER_SETTINGS.get(name)!;
      expect(TYPES[setting.type], name).toContain(java.type);
      const preset = setting.default === null ? null : String(setting.default);
      expect(preset === '' ? null : preset, name).toBe(java.preset === '' ? null : java.preset);
      const range = /^\[(-?[\d.]+),\.\.\.(?:,([\d.]+))?\](?: or (-1))?$/.exec(java.validator);
      if (range !== null) {
        expect(setting.min, name).toBe(Number(range[3] ?? range[1]));
        if (range[2] !== undefined) expect(setting.max, name).toBe(Number(range[2]));
      }
      const values = /^(?:\(case insensitive\) )?\[([a-zA-Z][^.\]]*|all.*)\]$/.exec(
        java.validator,
      )?.[1];
      if (setting.type !== 'enum') continue;
      const lower = (all: readonly string[]) => all.map((each) => each.toLowerCase()).toSorted();
      expect(lower(setting.values!), name).toEqual(lower(values!.split(', ')));
    }
  }, 90_000);
});
