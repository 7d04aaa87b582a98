// What a point with another client than the core cannot be. Called by rules.ts for every point.
import { isModulePath } from '../../../connect/index.js';
import { driverLabel, type OutsideDriver } from '../../../contract/driver.js';
import type { PointSettings, TargetSettings } from '../../../contract/settings.js';
import { isKafkaVersion } from '../../../targets/kafka/kafka-rules.js';
import type { Broken } from './broken-rule.js';

const DRIVER = 'driver';

/** They take security settings by Java's names. */
const SECURE: readonly OutsideDriver['kind'][] = ['java', 'exec'];

export function driverRules(settings: PointSettings, target: TargetSettings): Broken[] {
  const { driver, producer, workload, consumers } = settings;
  if (driver === 'core') return [];
  const broken: Broken[] = [];
  const add = (rule: string, message: string, remedy: string, ...involved: string[]): void => {
    broken.push({ rule, message, remedy, involved: [DRIVER, ...involved] });
  };
  const label = driverLabel(driver);
  if (driver.kind === 'java' && !isKafkaVersion(driver.version ?? ''))
    add(
      'driver-version',
      `driver ${label}: kbench runs Apache Kafka's clients from 2.8.0 on`,
      'write a release such as {java: {version: 4.1.0}}',
    );
  if (workload.transaction !== null)
    add(
      'driver-transactions',
      `driver ${label} has no transactions`,
      'leave workload.transaction out, or use driver: core',
      'workload.transaction.records',
    );
  // In an open loop a record's due time follows from its number.
  if (consumers !== undefined && workload.rate === 'max')
    add(
      'driver-consumers',
      `in a closed loop (workload.rate: max) nobody knows when driver ${label} sent a record, ` +
        'from when consumers would count',
      'give workload.rate a number, leave consumers out, or use driver: core',
      'consumers.kind',
      'workload.rate',
    );
  for (const [name, value] of Object.entries(producer)) {
    if (typeof value !== 'string' || !isModulePath(value)) continue;
    const message = `${name} is a module of Node, which driver ${label} cannot run`;
    add('driver-module', message, `leave ${name} out, or use driver: core`, name);
  }
  if (isSecure(target) && !SECURE.includes(driver.kind))
    add(
      'driver-security',
      `driver ${label} connects in plaintext alone, and the target asks for TLS or SASL`,
      `use core, ${SECURE.join(' or ')}, or a listener without security`,
    );
  return broken;
}

const isSecure = (target: TargetSettings): boolean =>
  target.kind !== 'embedded' && target.security !== undefined;
