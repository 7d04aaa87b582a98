// What is said beside figures: one note a sentence or two, plain text, with its tone. A leaf: every
// note's maker and every page imports it, it imports nothing.

export interface Note {
  readonly tone: 'plain' | 'care' | 'bad';
  readonly text: string;
}
