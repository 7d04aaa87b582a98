import { describe, expect, it } from 'vitest';
import { examples, paragraphs } from './help-text.js';

describe('paragraphs of a help text', () => {
  it('lose the line breaks of the source, and keep those between them', () => {
    expect(paragraphs('One goes\non here.\n\nTwo.')).toBe('One goes on here.\n\nTwo.');
  });

  it('leave indented lines as they are, and what stands before and after them', () => {
    expect(paragraphs('A list:\n  one\n  two\nand\nthe rest')).toBe(
      'A list:\n  one\n  two\nand the rest',
    );
  });
});

describe('examples of a help text', () => {
  it('keep each command line whole, with its purpose below', () => {
    expect(examples([['kbench init', 'a file to start from']])).toBe(
      'Examples:\n  kbench init\n      a file to start from\n',
    );
  });
});
