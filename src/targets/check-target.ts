// What opening a target would refuse on this machine, without starting or asking anything of a
// cluster. Called by `kbench validate` and, before it announces anything, by `kbench run`; what the
// YAML alone decides is sweep's to tell before.
// Reads stores and secrets by the same code as opening does.
import type { Problem } from '../base/errors.js';
import type { TargetSettings } from '../contract/settings.js';
import { checkAccess } from './external/access.js';

/**
 * Throws ConfigurationError where `kbench run` would; gives warnings of what is only missing on
 * this machine.
 */
export async function checkTarget(target: TargetSettings): Promise<Problem[]> {
  if (target.kind === 'external' && target.security !== undefined) {
    const absent = await checkAccess(target.security);
    return absent === null ? [] : [problem(absent.message, absent.remedy)];
  }
  if (target.kind !== 'kafka') return [];
  const { javaProblem } = await import('./kafka/java.js');
  const missing = await javaProblem(target.version);
  return missing === null ? [] : [problem(missing.reason, missing.remedy)];
}

/** Throws what opening would refuse as bad configuration; before anything is announced. */
export async function refuseTarget(target: TargetSettings, stop?: AbortSignal): Promise<void> {
  if (target.kind !== 'external' || target.security === undefined) return;
  const absent = await checkAccess(target.security, stop);
  if (absent !== null) throw absent;
}

const problem = (message: string, remedy: string | undefined): Problem => ({
  message: `on this machine \`kbench run\` would end here: ${message}`,
  ...(remedy === undefined ? {} : { remedy }),
});
