import { describe, expect, it } from 'vitest';
import { ConfigurationError } from './errors.js';
import { formatProblems } from './format-error.js';

const source = 'name: x\nproducer:\n  batch.sise: 16KiB\n';

describe('formatProblems', () => {
  it('shows where, what, the line with a caret, and what to do', () => {
    const problem = {
      message: 'unknown key producer.batch.sise',
      line: 3,
      column: 3,
      remedy: 'did you mean batch.size?',
    };
    const error = new ConfigurationError(
      'sweep.yaml: 1 problem',
      undefined,
      [problem],
      'sweep.yaml',
    );
    expect(formatProblems(error, source)).toBe(
      [
        'sweep.yaml: 1 problem',
        '',
        'sweep.yaml:3:3  unknown key producer.batch.sise',
        '  3 |   batch.sise: 16KiB',
        '    |   ^',
        '  -> did you mean batch.size?',
      ].join('\n'),
    );
  });

  it('does without a place, a file, or a remedy', () => {
    expect(formatProblems(new ConfigurationError('no such file'))).toBe('no such file');
    expect(formatProblems(new ConfigurationError('no such file', 'make one'))).toBe(
      'no such file\n  make one',
    );
    const problems = [
      { message: '--set x: not path=value' },
      { message: 'bad', line: 7, column: 1 },
    ];
    expect(
      formatProblems(new ConfigurationError('2 problems', undefined, problems, '/nowhere/x.yaml')),
    ).toBe('2 problems\n\n--set x: not path=value\n\n/nowhere/x.yaml:7:1  bad');
  });

  it('cuts a long line so that the caret stays in view', () => {
    const long = `name: ${'x'.repeat(500)}!${'y'.repeat(500)}`;
    const error = new ConfigurationError(
      'e',
      undefined,
      [{ message: 'm', line: 1, column: 507 }],
      'f',
    );
    const [, , , excerpt, caret] = formatProblems(error, long).split('\n');
    expect(excerpt.length).toBeLessThan(120);
    expect(excerpt[caret.indexOf('^')]).toBe('!');
  });

  it('lets no control character of the file through to the terminal', () => {
    const evil = 'name: "\u001b[2J\u0007\u009b\u202e"\ttab';
    const error = new ConfigurationError(
      'e',
      undefined,
      [{ message: 'bad \u001b[31m', line: 1, column: 1 }],
      'f',
    );
    // eslint-disable-next-line no-control-regex -- that is what must not be there
    const acting = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;
    expect(formatProblems(error, evil)).not.toMatch(acting);
  });
});
