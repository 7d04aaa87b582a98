import { describe, expect, it } from 'vitest';
import { RunError } from '../../src/base/errors.js';
import { markdownTable, withFigures } from './page-figures.js';

const PAGE = '# A\n\n<!-- figures -->\nold\n<!-- /figures -->\n\nwhat to take\n';

describe('figures in a page', () => {
  it('take the place of the old ones, and nothing else changes', () => {
    const once = withFigures(PAGE, 'new\n');
    expect(once).toBe('# A\n\n<!-- figures -->\n\nnew\n\n<!-- /figures -->\n\nwhat to take\n');
    expect(withFigures(once, 'new')).toBe(once);
  });

  it.each([
    ['none', '# A\n'],
    ['the end alone', '# A\n<!-- /figures -->\n'],
    ['the wrong way round', '<!-- /figures --><!-- figures -->'],
    ['twice', `${PAGE}${PAGE}`],
  ])('are refused where the marks are there %s', (_, page) => {
    expect(() => withFigures(page, 'new')).toThrow(RunError);
  });

  it('stand in a table whose columns are aligned, whatever is in the cells', () => {
    expect(markdownTable(['acks', 'p99 ms'], [['a|b', '1.0']])).toBe(
      '| acks | p99 ms |\n| ---- | -----: |\n| a\\|b |    1.0 |',
    );
  });
});
