// Workflow commands: those meant are one line whatever is in them, and read back by the runner's
// own rules; those not meant do not arise.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOSTILE_TEXTS } from '../../testing/hostile-texts.js';
import { withoutCommands } from '../../base/printable.js';
import { githubAnnotation } from './escape-github.js';

/** As actions/runner reads a line: unescapes properties and data. */
function read(
  line: string,
): { level: string; properties: Record<string, string>; message: string } | null {
  const match = /^::([a-z]+)(?: ([^:]*))?::(.*)$/s.exec(line);
  if (match === null) return null;
  const data = (text: string): string =>
    text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
  const property = (text: string): string =>
    data(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
  const properties = (match[2] ?? '').split(',').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at === -1 ? [] : [[pair.slice(0, at), property(pair.slice(at + 1))] as const];
  });
  return { level: match[1], properties: Object.fromEntries(properties), message: data(match[3]) };
}

describe('githubAnnotation', () => {
  it('writes what GitHub documents', () => {
    expect(
      githubAnnotation('error', 'p99 is 31 ms', { title: 'p01', file: 'sweep.yaml', line: 3 }),
    ).toBe('::error file=sweep.yaml,line=3,title=p01::p99 is 31 ms');
    expect(githubAnnotation('notice', 'ok')).toBe('::notice::ok');
  });

  it.each(HOSTILE_TEXTS.map((text) => [text]))(
    'carries %j in message and title on one line',
    (text) => {
      const line = githubAnnotation('warning', text, { title: text });
      expect(line).not.toMatch(/[\r\n]/);
      expect(read(line)).toEqual({ level: 'warning', properties: { title: text }, message: text });
    },
  );
});

describe('withoutCommands', () => {
  it.each([
    ['::error::x', ': :error::x'],
    ['::error file=a,line=1::x', ': :error file=a,line=1::x'],
    ['a ##[error]b', 'a ## [error]b'],
  ])('breaks %j', (text, harmless) => expect(withoutCommands(text)).toBe(harmless));

  it.each(['[::1]:9092', 'fe80::a', 'std::vector', 'a: b'])('leaves %j', (text) =>
    expect(withoutCommands(text)).toBe(text),
  );

  it('lets no command through, wherever a line is broken', () => {
    const piece = fc.constantFrom('::', 'error', ' ', 'x=1', ':', '##[', 'stop-commands', '\n');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = withoutCommands(pieces.join(''));
        expect(text).not.toMatch(/::[a-z][a-z-]*(?:\s[^\n]*)?::|##\[/);
      }),
    );
  });
});
