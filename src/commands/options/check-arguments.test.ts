// What yargs lets through, or refuses in words of its own: each told by its option's name.
import { describe, expect, it } from 'vitest';
import { checkArguments, usageError, type OptionTypes } from './check-arguments.js';

const TYPES: OptionTypes = {
  array: ['set'],
  boolean: ['json', 'help'],
  number: ['port'],
  string: ['out', 'set', 'file'],
  key: { set: true, json: true, port: true, out: true, file: true, help: true },
};

describe('checkArguments', () => {
  it.each<[Record<string, unknown>, string[], RegExp]>([
    [{ out: ['a', 'b'] }, ['--out', 'a', '--out', 'b'], /^--out is given more than once/],
    [{ out: false }, ['--no-out'], /^--out takes a value, so there is no --no-out/],
    [{ out: '' }, ['--out='], /^--out needs a value/],
    [{ set: [false] }, ['--no-set'], /^--set takes a value/],
    [{ set: ['a=1', ' '] }, ['--set', 'a=1', '--set', ' '], /^--set needs a value/],
    [{ port: NaN }, ['--port', 'x'], /^--port takes a number/],
    [{ port: [1, 2] }, ['--port', '1', '--port', '2'], /^--port is given more than once/],
    [{ json: false }, ['--json=maybe'], /^--json is a switch: it takes no value/],
    [{ file: '' }, [''], /^file is empty/],
  ])('refuses %j', (argv, typed, message) => {
    expect(() => checkArguments(argv, TYPES, typed)).toThrow(message);
  });

  it('takes what is right', () => {
    const argv = { out: 'x', set: ['a=1', 'b='], port: 0, json: true, file: undefined };
    expect(() => checkArguments(argv, TYPES, ['--json=true'])).not.toThrow();
  });
});

describe('usageError', () => {
  it.each<[string[], RegExp, RegExp]>([
    [
      ['run', 'x', '--out', '-x'],
      /^--out needs a value \(-x would be another option\)$/,
      /--out=-x/,
    ],
    [['run', 'x', '--out'], /^--out needs a value$/, /--out=VALUE/],
    [['run', 'x', '--out='], /^--out needs a value$/, /--out=VALUE/],
    [['run', 'x', '--out', '--ssl.key.password=XYZZY'], /^--out needs a value$/, /--out=/],
  ])('names the option that lacks its value: %j', (typed, message, remedy) => {
    const error = usageError('Not enough arguments following: out', typed);
    expect([error.message, error.remedy]).toEqual([
      expect.stringMatching(message),
      expect.stringMatching(remedy),
    ]);
  });

  it('does not repeat an argument that may be a secret', () => {
    const typed = ['run', 'x', '--ssl.key.password', 'XYZZY'];
    expect(usageError('Unknown arguments: ssl.key.password, XYZZY', typed).message).not.toContain(
      'XYZZY',
    );
  });
});
