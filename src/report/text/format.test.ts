// How figures and foreign text read.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytes,
  compact,
  displayWidth,
  duration,
  listed,
  percent,
  printable,
  settingValue,
  significant,
  wrap,
} from './format.js';

describe('significant', () => {
  it.each([
    [0, '0'],
    [0.00042, '0.0004'],
    [0.0421, '0.0421'],
    [0.042, '0.042'],
    [0.4216, '0.422'],
    [0.9996, '1.00'],
    [4.213, '4.21'],
    [9.996, '10.0'],
    [42.13, '42.1'],
    [99.96, '100'],
    [421.3, '421'],
    [1_234_567.8, '1,234,568'],
    [-3.14159, '-3.14'],
  ])('%d is written %s', (value, text) => expect(significant(value)).toBe(text));
});

it.each([
  [812_345, '812k'],
  [99_499, '99.5k'],
  [1_254_000, '1.25M'],
  [12_540_000, '12.5M'],
  [421, '421'],
])('%d is written %s for short', (value, text) => expect(compact(value)).toBe(text));

it.each([
  [16_384, '16 KiB'],
  [1_536, '1.5 KiB'],
  [33_554_432, '32 MiB'],
  [100, '100 B'],
  [1_000_000, '1,000,000 B'],
])('%d bytes are %s', (value, text) => expect(bytes(value)).toBe(text));

it.each([
  [5, '5 ms'],
  [0.5, '0.5 ms'],
  [1_500, '1.5 s'],
  [120_000, '120 s'],
  [1_234, '1,234 ms'],
])('%d milliseconds are %s', (value, text) => expect(duration(value)).toBe(text));

it.each([
  [0.0042, '0.42 %'],
  [0.082, '8.2 %'],
  [0.41, '41 %'],
])('a share of %d is %s', (value, text) => expect(percent(value)).toBe(text));

describe('settingValue', () => {
  it.each([
    ['batch.size', 16_384, '16 KiB'],
    ['buffer.memory', 33_554_432, '32 MiB'],
    ['workload.valueBytes', 1_024, '1 KiB'],
    ['linger.ms', 5, '5 ms'],
    ['workload.durationMs', 20_000, '20 s'],
    ['workload.rate', 20_000, '20,000/s'],
    ['workload.rate', 'max', 'max'],
    ['topic.partitions', 6, '6'],
    ['max.in.flight.requests.per.connection', 5, '5'],
    ['acks', 'all', 'all'],
    ['enable.idempotence', true, 'true'],
    ['topic.config.segment.bytes', 1_048_576, '1 MiB'],
  ])('%s: %s is shown as %s', (name, value, text) => expect(settingValue(name, value)).toBe(text));
});

describe('printable', () => {
  it('takes out escape sequences, controls, bidirectional overrides and line ends', () => {
    expect(printable('\u001b[31mred\u001b[0m\u0007 \u202egnp\u2028x\r\ny\u009b2Jz')).toBe(
      'red gnp x yz',
    );
    expect(printable('\u001b]8;;https://x\u0007link\u001b]8;;\u0007')).toBe('link');
  });

  it('shortens what is too long', () =>
    expect(printable('a'.repeat(500), 10)).toBe(`${'a'.repeat(9)}…`));

  it('never lets a control character through', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 60 }), (points) => {
        expect(printable(String.fromCodePoint(...points))).not.toMatch(/\p{Cc}|\p{Cf}|\p{Cs}/u);
      }),
    );
  });
});

it('counts wide characters as two columns and escapes as none', () => {
  expect(displayWidth('\u001b[1mabc\u001b[22m')).toBe(3);
  expect(displayWidth('日本')).toBe(4);
});

it('tells how many of a long list are left out', () => {
  expect(listed(['a', 'b', 'c'], 2)).toBe('a, b and 1 more');
  expect(listed(['a', 'b'], 2)).toBe('a, b');
});

it('wraps at spaces, indents what follows, and leaves a long word whole', () => {
  expect(wrap('one two three', 8, '  ')).toBe('one two\n  three');
  expect(wrap('x '.concat('y'.repeat(30)), 10)).toBe(`x\n${'y'.repeat(30)}`);
});
