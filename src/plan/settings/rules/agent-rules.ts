// What a point whose runs are made by agents cannot be: what is known, or done, in one process
// alone. Called by rules.ts for every point.
import type { PointSettings } from '../../../contract/settings.js';
import type { Broken } from './broken-rule.js';

const AGENTS = 'agents';

export function agentRules({ agents, consumers }: PointSettings): Broken[] {
  if (agents === undefined) return [];
  const broken: Broken[] = [];
  const add = (rule: string, message: string, remedy: string, ...involved: string[]): void => {
    broken.push({ rule, message, remedy, involved: [...involved, AGENTS] });
  };
  // End to end is told on one clock, from the start and the schedule of workers that share memory.
  if (consumers !== undefined)
    add(
      'agents-consumers',
      'consumers read beside the workers, in one process with them, and agents make the runs',
      'leave consumers out, or agents (and --agents)',
      'consumers.kind',
    );
  return broken;
}
