// Templates: what is filled in is escaped unless it is markup, what is missing or left over is
// refused, and every template file that stands beside the code is made of parts that fill.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fill, joined, markup, parse, type Values } from './template.js';

const part = (text: string, values: Values): string => {
  const parts = parse(`<template id="it">\n${text}\n</template>\n`);
  return fill(parts.get('it')!, values, 'test.html').text;
};

describe('a part of a template', () => {
  it('escapes text, and takes markup as it is', () => {
    const hostile = `</td><script>"x" & 'y'</script>`;
    const escaped = '&lt;/td&gt;&lt;script&gt;&quot;x&quot; &amp; &#39;y&#39;&lt;/script&gt;';
    expect(part('<p title="{{a}}">{{{b}}}</p>', { a: hostile, b: markup('<b>1</b>') })).toBe(
      `<p title="${escaped}"><b>1</b></p>`,
    );
  });

  it('takes braces and dollars in what is filled in for text', () => {
    expect(part('{{a}}{{b}}', { a: '{{b}} {{{b}}} $& $1', b: 2 })).toBe('{{b}} {{{b}}} $&amp; $12');
  });

  it('takes no text for markup, and no markup for text', () => {
    expect(() => part('{{{a}}}', { a: '<b>' })).toThrow('{{{a}}} takes markup');
    expect(() => part('{{a}}', { a: markup('<b>') })).toThrow('{{a}} takes text');
  });

  it('refuses what is not given, and what has no place', () => {
    expect(() => part('{{a}}', {})).toThrow('{{a}} is not given');
    expect(() => part('{{constructor}}', {})).toThrow('{{constructor}} is not given');
    expect(() => part('{{a}}', { a: 1, b: 2 })).toThrow('nothing is called b');
  });

  it('joins with what stands between', () => {
    expect(joined([markup('<i>'), markup('</i>')], '\n').text).toBe('<i>\n</i>');
  });
});

const report = fileURLToPath(new URL('..', import.meta.url));
const files = readdirSync(report, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.html'),
);

describe('template files', () => {
  it.each(files)('%s has each part once, and nothing between them but comments', (name) => {
    const text = readFileSync(path.join(report, name), 'utf8');
    const ids = [...text.matchAll(/^<template id="([\w-]+)">$/gm)].map(([, id]) => id);
    expect([...parse(text).keys()]).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    const between = text.replace(/^<template id="[\w-]+">\n[^]*?\n<\/template>$/gm, '');
    expect(between.replace(/<!--[^]*?-->/g, '').trim()).toBe('');
  });

  it('are there', () => expect(files.length).toBeGreaterThan(4));
});
