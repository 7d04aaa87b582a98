// The last guard before a terminal: what is not ours does not act, what is ours does; and a stream
// that fails or sleeps costs lines alone.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HOSTILE_TEXTS } from '../testing/hostile-texts.js';
import { forgetSecrets, noteSecret } from './secrets/secrets.js';
import { commandToStderr, livingStderr, productToStdout, toStderr, toStdout } from './terminal.js';

const ACTING =
  // eslint-disable-next-line no-control-regex -- that is what must not be there
  /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|##\[/;

let written = '';

beforeEach(() => {
  written = '';
  for (const channel of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[channel], 'write').mockImplementation((text) => {
      written += String(text);
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  forgetSecrets();
});

describe('text for people', () => {
  it.each(HOSTILE_TEXTS)('acts on no terminal and no runner: %j', (text) => {
    toStderr(`${text}\n`);
    toStdout(`${text}\n`);
    expect(written).not.toMatch(ACTING);
    // eslint-disable-next-line no-control-regex -- colours are ours
    expect(written).not.toMatch(/\u001b(?!\[[0-9;]*m)/);
    expect(written).not.toMatch(/^\s*::[a-z][^\n]*::/im);
  });

  it('keeps colours, tabs, lines and emoji', () => {
    const text = '\u001b[31mred\u001b[0m\tü 👩‍👩‍👧\nnext\n';
    toStdout(text);
    expect(written).toBe(text);
  });

  it('lets a display that redraws itself move the cursor, and nobody else', () => {
    livingStderr().write('\u001b[2K\u001b[1A\u001b[?25l');
    expect(written).toBe('\u001b[2K\u001b[1A\u001b[?25l');
    written = '';
    toStderr('\u001b[2K');
    expect(written).toBe('\ufffd[2K');
  });

  it('holds no secret', () => {
    noteSecret('s3cr3t-Pa55w0rd!');
    toStderr('it is s3cr3t-Pa55w0rd!, or czNjcjN0LVBhNTV3MHJkIQ==');
    expect(written).toBe('it is [hidden], or [hidden]==');
  });
});

it('lets our own workflow commands and formats out as they are', () => {
  commandToStderr('::error title=x::y');
  productToStdout('{"a": "::error::"}\n');
  expect(written).toBe('::error title=x::y\n{"a": "::error::"}\n');
});

it('throws nothing where the stream does', () => {
  vi.spyOn(process.stderr, 'write').mockImplementation(() => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  });
  expect(() => toStderr('x')).not.toThrow();
});

it('leaves lines out once a mebibyte waits for a reader, and says how many', () => {
  const waiting = vi
    .spyOn(process.stderr, 'writableLength', 'get')
    .mockReturnValue(2 * 1024 * 1024);
  toStderr('one\n');
  toStderr('two\n');
  waiting.mockReturnValue(0);
  toStderr('three\n');
  expect(written).toBe('(2 lines were left out: nobody read them)\nthree\n');
});
