// A series as one line of blocks, for terminals and Markdown: from its least to its greatest value,
// gaps as dots. Own code: the packages for it are older than the rules for their types.
const BLOCKS = '▁▂▃▄▅▆▇█';

/**
 * At most `width` characters: neighbours share one, by their mean. Index = place in the history;
 * null where there is no value.
 */
export function sparkline(values: readonly (number | null)[], width: number): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return '';
  const [least, greatest] = [Math.min(...known), Math.max(...known)];
  const cells = Math.min(width, values.length);
  return Array.from({ length: cells }, (_, cell) => {
    const from = Math.floor((cell * values.length) / cells);
    const to = Math.floor(((cell + 1) * values.length) / cells);
    const own = values.slice(from, to).filter((value) => value !== null);
    if (own.length === 0) return '·';
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    const share = greatest === least ? 0.5 : (mean - least) / (greatest - least);
    return BLOCKS[Math.min(BLOCKS.length - 1, Math.floor(share * BLOCKS.length))];
  }).join('');
}
