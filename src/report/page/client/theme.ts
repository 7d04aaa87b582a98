// The colours that charts are drawn in: text and rules from the page's style, palettes for data.
// Safe for the colour-blind: Okabe and Ito's for points told apart (each with a symbol and dash of
// its own besides), viridis for amounts.

export interface Theme {
  readonly dark: boolean;
  readonly ground: string;
  readonly ink: string;
  readonly soft: string;
  readonly rule: string;
  readonly strongRule: string;
  readonly accent: string;
  readonly bad: string;
  /** By place in the selection. */
  readonly series: readonly string[];
}

const LIGHT = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#8a6d00',
  '#3aa0dd',
  '#000000',
  '#7f5fc7',
];
const DARK = [
  '#56b4e9',
  '#f28e4b',
  '#2fc79a',
  '#e59ac4',
  '#e6c84f',
  '#9fd3f5',
  '#ffffff',
  '#b39df0',
];

export const SYMBOLS = [
  'circle',
  'rect',
  'triangle',
  'diamond',
  'roundRect',
  'circle',
  'rect',
  'triangle',
] as const;
export const DASHES = [
  'solid',
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  'solid',
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
] as const;
export const MAX_CHOSEN = LIGHT.length;

/** Low to high. */
export const VIRIDIS = [
  '#440154',
  '#472d7b',
  '#3b528b',
  '#2c728e',
  '#21918c',
  '#28ae80',
  '#5ec962',
  '#addc30',
  '#fde725',
];

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(name).trim();
  const dark = document.documentElement.dataset['theme'] === 'dark' && !printing;
  return {
    dark,
    ground: of('--ground'),
    ink: of('--ink'),
    soft: of('--soft'),
    rule: of('--rule'),
    strongRule: of('--strong-rule'),
    accent: of('--accent'),
    bad: of('--bad'),
    series: dark ? DARK : LIGHT,
  };
}

let printing = false;
/** Canvas pixels for each of the page's on paper. */
const PAPER_RATIO = 2;

/** Paper is white: charts are drawn light for it, and as before after it. */
export function onPrint(redraw: (ratio: number) => void): void {
  const root = document.documentElement;
  let before = root.dataset['theme'];
  const begin = (): void => {
    if (printing) return;
    printing = true;
    before = root.dataset['theme'];
    root.dataset['theme'] = 'light';
    redraw(Math.max(PAPER_RATIO, devicePixelRatio));
  };
  const end = (): void => {
    if (!printing) return;
    printing = false;
    root.dataset['theme'] = before;
    redraw(devicePixelRatio);
  };
  addEventListener('beforeprint', begin);
  addEventListener('afterprint', end);
  matchMedia('print').addEventListener('change', ({ matches }) => (matches ? begin() : end()));
}
