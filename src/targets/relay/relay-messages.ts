// What the main thread and the relays' thread tell each other. Plain data.
import type { LinkEffect } from './link-effect.js';

export interface RelayOptions {
  readonly host: string;
  readonly links: number;
}

export type ToRelay = { readonly id: number } & (
  | { readonly kind: 'aim'; readonly link: number; readonly host: string; readonly port: number }
  | { readonly kind: 'effect'; readonly link: number; readonly effect: LinkEffect }
  | { readonly kind: 'close' }
);

export type FromRelay =
  | { readonly kind: 'ready'; readonly ports: readonly number[] }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'done'; readonly id: number; readonly error: string | null };
