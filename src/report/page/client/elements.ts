// HTML made by hand: elements from names, attributes and children. Text is only ever set as text,
// so nothing foreign can become markup. Called by everything that puts something on the page.

type Child = Node | string | null;
type Attributes = Readonly<Record<string, string | number | boolean | null>>;

/**
 * `false` and null leave an attribute out. Never `style` or a handler: the page's policy allows
 * neither.
 */
export function el<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    element.setAttribute(key, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** The element of the page's skeleton with this id. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

export function swatch(colour: string): HTMLElement {
  const element = el('span', { class: 'swatch', 'aria-hidden': 'true' });
  element.style.background = colour;
  return element;
}

/** A button; `pressed` for one that stands for a choice. */
export function button(
  text: string,
  onClick: () => void,
  pressed: boolean | null = null,
): HTMLButtonElement {
  const element = el(
    'button',
    { type: 'button', 'aria-pressed': pressed === null ? null : String(pressed) },
    text,
  );
  element.addEventListener('click', onClick);
  return element;
}

export interface Choice<T extends string | number> {
  readonly value: T;
  readonly label: string;
}

/** A labelled list to choose from; `onChange` gets the choice's own value. */
export function chooser<T extends string | number>(
  label: string,
  choices: readonly Choice<T>[],
  value: T,
  onChange: (value: T) => void,
): HTMLLabelElement {
  const select = el(
    'select',
    {},
    ...choices.map((choice, index) =>
      el('option', { value: index, selected: choice.value === value }, choice.label),
    ),
  );
  select.addEventListener('change', () => onChange(choices[Number(select.value)].value));
  return el('label', {}, label, ' ', select);
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Told above the table. */
  readonly caption?: string;
}

/** Rows shown of a chart's table; the rest is in the downloads. */
const MAX_ROWS = 500;

/** A plain table; cells that are figures are set to the right. */
export function tableOf({ head, rows, caption }: Table): HTMLElement {
  const shown = rows.slice(0, MAX_ROWS);
  const isFigure = (cell: string): boolean =>
    /^[-−+]?[\d.,]+([–-][\d.,]+[kM]?)?\s?(%|ms|[kM]|×)?$/.test(cell);
  const figures = head.map(
    (_, column) =>
      shown.length > 0 && shown.every((row) => isFigure(row[column] ?? '') || row[column] === '–'),
  );
  const cell = (text: string, column: number): HTMLElement =>
    el('td', { class: figures[column] ? 'figure-cell' : null }, text);
  const more =
    rows.length > shown.length ? ` The first ${shown.length} of ${rows.length} rows.` : '';
  return el(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption ?? 'Table' },
    el(
      'table',
      {},
      caption === undefined && more === '' ? null : el('caption', {}, (caption ?? '') + more),
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          ...head.map((text, column) =>
            el('th', { scope: 'col', class: figures[column] ? 'figure-cell' : null }, text),
          ),
        ),
      ),
      el('tbody', {}, ...shown.map((row) => el('tr', {}, ...row.map(cell)))),
    ),
  );
}
