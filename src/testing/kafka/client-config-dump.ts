// The settings of a client of Kafka's own jars, by its ConfigDef: what kbench's tables are held to.
// For *.kafka.test.ts.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { javaCommand } from '../../targets/kafka/java.js';
import { findKafkaJars } from '../../targets/kafka/kafka-jars.js';

export interface JavaSetting {
  readonly type: string;
  /** Null: none, or null. */
  readonly preset: string | null;
  readonly validator: string;
}

const program = fileURLToPath(new URL('../java/ClientConfigDump.java', import.meta.url));

/**
 * By name, in alphabetical order. `client` is a class below org.apache.kafka.clients:
 * `producer.ProducerConfig`.
 */
export async function javaSettings(
  client: string,
  version: string,
): Promise<ReadonlyMap<string, JavaSetting>> {
  const jars = await findKafkaJars(version);
  if (!jars.available) throw new Error(jars.reason);
  const args = [
    '-XX:-UsePerfData',
    '-cp',
    jars.classPath,
    program,
    `org.apache.kafka.clients.${client}`,
  ];
  const { stdout } = spawnSync(javaCommand(), args, { encoding: 'utf8', timeout: 60_000 });
  return new Map(
    stdout
      .trimEnd()
      .split('\n')
      .map((row) => {
        const [name, type, preset, validator] = row.split('\t');
        const none = preset === '-' || preset === 'null';
        const list = preset.replace(/^\[(.*)\]$/, '$1').replaceAll(', ', ',');
        return [name, { type, preset: none ? null : list, validator }];
      }),
  );
}
