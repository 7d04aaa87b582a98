// What a consumer's thread took, over the measured part and its drain.
import type { HealthMonitor } from '../measure/health.js';
import type { Consumed } from './consumer.js';

/** Ends the watch; null: the measured part never began. */
export function cpuOf(watch: HealthMonitor | null): Pick<Consumed, 'cpuMs' | 'utilisation'> {
  const health = watch?.stop();
  const cpuMs = health?.threadCpuMs ?? null;
  if (health === undefined || cpuMs === null) return { cpuMs: null, utilisation: null };
  return { cpuMs, utilisation: Math.min(1, cpuMs / Math.max(1, health.spanMs)) };
}
