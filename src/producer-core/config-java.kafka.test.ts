// The settings table held to ProducerConfig of Kafka's own jars, release by release: names, types, defaults, ranges.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { DEFAULT_KAFKA_VERSION } from '../targets/kafka-rules.js';
import { javaCommand } from '../targets/kafka/java.js';
import { findKafkaJars } from '../targets/kafka/kafka-jars.js';
import { describeWithKafkaJars, testedVersions } from '../testing/kafka-fixture.js';
import { PRODUCER_SETTINGS, type ProducerSetting } from './config.js';

interface JavaSetting {
  readonly type: string;
  /** Null: none, or null. */
  readonly preset: string | null;
  readonly validator: string;
}

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

const program = fileURLToPath(new URL('../testing/java/ProducerConfigDump.java', import.meta.url));

async function javaSettings(version: string): Promise<ReadonlyMap<string, JavaSetting>> {
  const jars = await findKafkaJars(version);
  if (!jars.available) throw new Error(jars.reason);
  const args = ['-XX:-UsePerfData', '-cp', jars.classPath, program];
  const { stdout } = spawnSync(javaCommand(), args, { encoding: 'utf8', timeout: 60_000 });
  const rows = stdout.trimEnd().split('\n');
  return new Map(
    rows.map((row) => {
      const [name, type, preset, validator] = row.split('\t');
      const none = preset === '-' || preset === 'null';
      return [
        name,
        { type, preset: none ? null : preset.replace(/^\[(.*)\]$/, '$1').replaceAll(', ', ','), validator },
      ];
    }),
  );
}

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
        const names = [...(await javaSettings(version)).keys()].filter((name) => !FORMER.includes(name));
        const ours = [...PRODUCER_SETTINGS.values()].filter(({ since }) => hasCome(since, version));
        expect(ours.map(({ name }) => name).toSorted()).toEqual(names);
      }, 90_000);
    },
    version,
  );
}

await describeWithKafkaJars(`the settings of Kafka ${DEFAULT_KAFKA_VERSION}, the reference`, () => {
  it('have Java’s types, defaults and ranges', async () => {
    for (const [name, java] of await javaSettings(DEFAULT_KAFKA_VERSION)) {
      const setting = PRODUCER_SETTINGS.get(name)!;
      expect(TYPES[setting.type], name).toContain(java.type);
      const preset = setting.default === null ? null : String(setting.default);
      expect(preset === '' ? null : preset, name).toBe(java.preset === '' ? null : java.preset);
      const range = /^\[(-?[\d.]+),\.\.\.(?:,([\d.]+))?\](?: or (-1))?$/.exec(java.validator);
      if (range !== null) {
        expect(setting.min, name).toBe(Number(range[3] ?? range[1]));
        if (range[2] !== undefined) expect(setting.max, name).toBe(Number(range[2]));
      }
      const values = /^(?:\(case insensitive\) )?\[([a-zA-Z][^.\]]*|all.*)\]$/.exec(java.validator)?.[1];
      if (setting.type !== 'enum') continue;
      const lower = (all: readonly string[]) => all.map((each) => each.toLowerCase()).toSorted();
      expect(lower(setting.values!), name).toEqual(lower(values!.split(', ')));
    }
  }, 90_000);
});
