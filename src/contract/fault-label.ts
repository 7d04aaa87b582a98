// Faults as short text: in a point's config, tables, `--where`, the plan. Kept with results, so the
// texts stay as they are. Pure.
import type { FaultSettings, FaultTarget, NetworkEffect } from './faults.js';
import { formatBytes, formatMs } from '../base/units.js';

/** `kill leader at 6s, restart after 5s; ...`, or `none`. */
export function faultsLabel(faults: readonly FaultSettings[]): string {
  if (faults.length === 0) return 'none';
  return faults
    .map((fault) => `${whatOf(fault)} at ${formatMs(fault.atMs)}${spanOf(fault)}`)
    .join('; ');
}

/** What is done, without its times: `kill leader`, `broker 2: delay 50ms`. */
export function whatOf(fault: FaultSettings): string {
  switch (fault.kind) {
    case 'kill':
    case 'stop':
    case 'pause':
      return `${fault.kind} ${targetLabel(fault.target)}`;
    case 'network':
      return `network of ${targetLabel(fault.target)}: ${effectLabel(fault.effect)}`;
    case 'run':
      return `run ${fault.run.join(' ')}`;
    case 'member':
      return `${fault.member} member`;
  }
}

export function targetLabel(target: FaultTarget): string {
  return 'id' in target ? `${target.kind} ${target.id}` : target.kind;
}

export function effectLabel(effect: NetworkEffect): string {
  const parts = [
    effect.cut ? 'cut' : null,
    effect.halfOpen ? 'half open' : null,
    effect.reset ? 'reset' : null,
    effect.delayMs === 0 ? null : `delay ${formatMs(effect.delayMs)}`,
    effect.jitterMs === 0 ? null : `jitter ${formatMs(effect.jitterMs)}`,
    effect.bytesPerSecond === null ? null : `bandwidth ${formatBytes(effect.bytesPerSecond)}/s`,
  ];
  return parts.filter((part) => part !== null).join(', ');
}

function spanOf(fault: FaultSettings): string {
  switch (fault.kind) {
    case 'kill':
    case 'stop':
      return fault.restartAfterMs === null
        ? ''
        : `, restart after ${formatMs(fault.restartAfterMs)}`;
    case 'pause':
      return ` for ${formatMs(fault.forMs)}`;
    case 'network':
      return fault.forMs === null ? '' : ` for ${formatMs(fault.forMs)}`;
    case 'member':
      return '';
    case 'run': {
      if (fault.after === null) return '';
      const when = fault.forMs === null ? 'after the run' : `after ${formatMs(fault.forMs)}`;
      return `, ${when} ${fault.after.join(' ')}`;
    }
  }
}
