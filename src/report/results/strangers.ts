// Runs that are all of another plan than the one beside them: then either that plan or all of them
// were copied here, and nothing tells which. Called by read-results and --resume, each of which
// refuses; must never doubt a folder in which one run is of the plan.
import { ReadTrouble } from './read-trouble.js';
import type { PlanBinding } from './plan-binding.js';
import type { RunFile } from './run-files.js';

export interface Strangers {
  readonly message: string;
  readonly remedy: string;
}

/** `files`: all that can be read. Null where one is of the plan, or where there is one alone. */
export function onlyStrangers(files: readonly RunFile[], binding: PlanBinding): Strangers | null {
  if (files.length < 2) return null;
  const whys = files.map(({ name, run }) => stranger(binding, name, run));
  const [why] = whys;
  if (why === null || whys.includes(null)) return null;
  return {
    message:
      `none of the ${files.length} runs here is of this plan: ` +
      `either plan.json or all runs were copied here (runs/${files[0].name} ${why.message})`,
    remedy:
      'Put back the plan.json that was beside these runs, ' +
      'or move them back to where they came from.',
  };
}

function stranger(binding: PlanBinding, name: string, run: RunFile['run']): ReadTrouble | null {
  try {
    binding.check(name, run);
    return null;
  } catch (error) {
    if (error instanceof ReadTrouble) return error;
    throw error;
  }
}
