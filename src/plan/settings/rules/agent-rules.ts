// What a point whose runs are made by agents cannot be: what is known, or done, in one process
// alone. Called by rules.ts for every point.
import { driverLabel } from '../../../contract/driver.js';
import type { PointSettings } from '../../../contract/settings.js';
import type { Broken } from './broken-rule.js';

const AGENTS = 'agents';

export function agentRules({ agents, driver }: PointSettings): Broken[] {
  if (agents === undefined) return [];
  const broken: Broken[] = [];
  const add = (rule: string, message: string, remedy: string, ...involved: string[]): void => {
    broken.push({ rule, message, remedy, involved: [...involved, AGENTS] });
  };
  if (driver !== 'core')
    add(
      'agents-driver',
      `driver ${driverLabel(driver)} is started by the process that makes the run, and agents ` +
        'send with the core alone',
      'use driver: core, or leave agents (and --agents) out',
      'driver',
    );
  return broken;
}
