// What hangs together by names alone: experiments, their pages, their sweeps, the index.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXPERIMENTS } from './catalogue.js';
import { withFigures } from './page-figures.js';

const ROOT = path.join(import.meta.dirname, '../..');
const PAGES = path.join(ROOT, 'docs/experiments');
const read = (file: string): string => readFileSync(file, 'utf8');
const names = EXPERIMENTS.map(({ name }) => name);
const HEADINGS = ['## The claim', '## How to run it', '## What was measured', '## What to take'];

describe('each experiment', () => {
  it.each(names)('%s has a page: claim, command, figures, what to take from it', (name) => {
    const page = read(path.join(PAGES, `${name}.md`));
    const at = HEADINGS.map((heading) => page.indexOf(`\n${heading}`));
    expect(at.every((place, i) => place > (at[i - 1] ?? 0))).toBe(true);
    expect(page).toContain(`npm run experiments -- ${name}\n`);
    // Figures have a place, and stand in it.
    expect(withFigures(page, '')).not.toBe(page);
    expect(page).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d UTC · .* cores, .* Apache Kafka \d/);
  });

  it('stands in the index, in its order', () => {
    const links = [
      ...read(path.join(PAGES, 'README.md')).matchAll(/^\| \[[^\]]+\]\(([\w-]+)\.md\)/gm),
    ];
    expect(links.map(([, name]) => name)).toEqual(names);
  });

  it('is there for each sweep and each page', () => {
    const sweeps = readdirSync(path.join(ROOT, 'bench-configs/experiments'));
    const files = [...sweeps, ...readdirSync(PAGES)].filter((file) => /\.(yaml|md)$/.test(file));
    const strays = files.map((file) => path.parse(file).name).filter((name) => name !== 'README');
    // A further sweep of an experiment is named after it.
    const known = (name: string): boolean =>
      names.some((each) => name === each || name.startsWith(`${each}-`));
    expect(strays.filter((name) => !known(name))).toEqual([]);
  });
});
