import { expect, test } from 'vitest';
import { ConfigurationError, RunError } from '../base/errors.js';
import { printError } from './print-error.js';

function printed(error: unknown): { code: number; text: string } {
  let text = '';
  const code = printError(error, (part) => (text += part));
  return { code, text };
}

test('a user’s mistake is one message with its remedy, without a stack trace', () => {
  const { code, text } = printed(
    new RunError('the target is gone:\n  h:1: connection refused', 'start it'),
  );
  expect(code).toBe(107);
  expect(text).toBe('kbench: the target is gone:\n  h:1: connection refused\n  start it\n');
});

test('bad configuration names each problem with its place and ends with 104', () => {
  const problem = { message: 'unknown key', line: 3, column: 5, remedy: 'did you mean acks?' };
  const { code, text } = printed(
    new ConfigurationError('s.yaml: 1 problem', undefined, [problem], 's.yaml'),
  );
  expect(code).toBe(104);
  expect(text).toContain('s.yaml:3:5  unknown key');
  expect(text).toContain('did you mean acks?');
});

test('what a broker says cannot move the cursor', () => {
  expect(printed(new RunError('refused: \u001b[2J\u0007gone')).text).toBe(
    'kbench: refused: gone\n',
  );
});

test('anything else is a bug, told with its trace', () => {
  const { code, text } = printed(new TypeError('x is undefined'));
  expect(code).toBe(107);
  expect(text).toContain('this is a bug in kbench');
  expect(text).toContain('print-error.test.ts');
  expect(printed('just text').text).toContain('just text');
});
