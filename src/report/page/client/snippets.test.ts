// Settings to copy: read back by the yaml package, and escaped as java.util.Properties reads them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SNIPPETS } from './snippets.js';

const text = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .filter((value) => !/[\n\r]/.test(value));
const settings = fc.dictionary(
  text.filter((name) => name !== '' && name !== '__proto__'),
  text,
  { maxKeys: 6 },
);

describe('the YAML to copy', () => {
  it('reads back as the settings, each as text or as the number it is', () => {
    fc.assert(
      fc.property(settings, (producer) => {
        const written = SNIPPETS.yaml.write({
          heading: 'p01 of x',
          producer,
          other: { 'workload.rate': 'max' },
        });
        const read = parse(written) as { producer: Record<string, unknown> | null };
        const told = Object.entries(read.producer ?? {}).map(([name, value]) => [
          name,
          String(value),
        ]);
        expect(told).toEqual(
          Object.entries(producer).map(([name, value]) => [
            name,
            /^-?\d+$/.test(value) ? String(Number(value)) : value,
          ]),
        );
      }),
    );
  });
});

describe('the properties to copy', () => {
  it('escape what would end a key or is not Latin 1', () => {
    const producer = { acks: 'all', 'a b': ' x', 'k=:#': 'C:\\temp', label: 'Grüße 漢' };
    const written = SNIPPETS.properties.write({
      heading: 'p01 of x',
      producer,
      other: { 'workload.rate': '5000' },
    });
    expect(written.split('\n')).toEqual([
      '# p01 of x',
      '# measured with workload.rate = 5000',
      'acks=all',
      'a\\ b=\\ x',
      'k\\=\\:\\#=C:\\\\temp',
      'label=Gr\\u00fc\\u00dfe \\u6f22',
    ]);
  });
});
