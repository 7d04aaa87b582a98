// What the image of a sweep's pods must have beside kbench: clients of other languages, as drivers
// and as members of consumer groups. Called by deployment.ts; pure.
import type { Client } from '../../contract/driver.js';
import type { Plan } from '../../contract/plan.js';
import { JDK_RULE } from '../../targets/drivers/jdk.js';

const NEEDS: Readonly<Record<Client, string | null>> = {
  kafkajs: null,
  java: `${JDK_RULE}, as docker build --build-arg JAVA=yes has it`,
  librdkafka: 'cc, pkg-config and librdkafka-dev',
  'franz-go': 'Go 1.26',
  platformatic: 'the package @platformatic/kafka',
};

/** Each once. */
export function imageNeeds({ points }: Pick<Plan, 'points'>): readonly string[] {
  const needed = points.flatMap(({ settings: { driver, consumers } }) => [
    ...(driver === 'core' || driver.kind === 'exec' ? [] : [NEEDS[driver.kind]]),
    ...(driver !== 'core' && driver.kind === 'exec' ? [`the program ${driver.command[0]}`] : []),
    ...(consumers?.kind === 'group' ? [NEEDS[consumers.driver]] : []),
  ]);
  return [...new Set(needed.filter((each) => each !== null))];
}
