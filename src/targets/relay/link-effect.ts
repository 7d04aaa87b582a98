// What one relay does to the bytes of its broker's clients, as data that crosses threads. Nothing
// here acts: link.ts and pipe.ts do.
import type { NetworkEffect } from '../../contract/faults.js';

export type LinkEffect = NetworkEffect;

export const NO_EFFECT: LinkEffect = {
  delayMs: 0,
  jitterMs: 0,
  bytesPerSecond: null,
  cut: false,
  halfOpen: false,
  reset: false,
};
