// The answer that the page opens with: the limit's slider, the best point under it, how sure that
// is, and its settings to copy. Called by main.
import { percent, plural, significant } from '../../text/format.js';
import type { Answer, Candidate } from '../best-point.js';
import { button, byId, el } from './elements.js';
import { LIMIT_KEYS, type LimitKey } from '../page-model.js';
import { latencyName, loopLatency, type Model } from './model.js';
import { settingsOf, SNIPPETS, type SnippetName } from './snippets.js';
import type { State } from './page-state.js';

const STEPS = 1000;

export function answerSection(model: Model, state: State): void {
  const slider = byId('limit') as HTMLInputElement;
  const number = byId('limit-ms') as HTMLInputElement;
  let snippet: SnippetName = 'properties';
  const scale = (): readonly [number, number] => {
    const all = state.candidates.map(({ latency }) => Math.max(latency, 1e-3));
    const [least, greatest] = [Math.min(...all, state.limitMs), Math.max(...all, state.limitMs)];
    return [least / 1.25, greatest * 1.25];
  };
  let ends = scale();
  const show = (): void => {
    const [low, high] = ends;
    slider.value = String(
      Math.round((STEPS * Math.log(state.limitMs / low)) / Math.log(high / low)),
    );
    slider.setAttribute('aria-valuetext', `${significant(state.limitMs)} milliseconds`);
    if (document.activeElement !== number) number.value = String(state.limitMs);
    byId('best-said').textContent = spoken(model, state);
    byId('best').replaceChildren(
      ...answerOf(model, state, snippet, (next) => {
        snippet = next;
        show();
      }),
    );
  };
  slider.addEventListener('input', () => {
    const [low, high] = ends;
    state.setLimit(rounded(low * (high / low) ** (Number(slider.value) / STEPS)));
  });
  number.addEventListener('input', () => {
    const value = number.valueAsNumber;
    if (value > 0 && Number.isFinite(value)) state.setLimit(value);
  });
  number.addEventListener('change', () => (number.value = String(state.limitMs)));
  state.on(['limit'], show);
  const rescale = (): void => {
    ends = scale();
  };
  limitChoice(model, state, rescale, show);
  if (model.loops.length > 1) loopChoice(model, state, rescale);
  if (state.candidates.length === 0) for (const input of [slider, number]) input.disabled = true;
  show();
}

/** Which percentile the limit is about: those that any point has. */
function limitChoice(model: Model, state: State, rescale: () => void, show: () => void): void {
  const choice = byId('limit-of') as HTMLSelectElement;
  const known = LIMIT_KEYS.filter((key) =>
    model.points.some((_, point) => model.median(point, key) !== null),
  );
  choice.replaceChildren(
    ...known.map((key) =>
      el('option', { value: key, selected: key === state.limitKey }, latencyName(key)),
    ),
  );
  choice.disabled = known.length < 2;
  choice.addEventListener('change', () => {
    state.setLimitKey(known.find((key) => key === choice.value) ?? state.limitKey);
    rescale();
    show();
  });
}

/** The answer in a sentence, for screen readers while the limit moves. */
function spoken(model: Model, { answer, limitMs, limitKey }: State): string {
  if (answer.kind === 'nothing-measured') return 'Nothing was measured.';
  if (answer.kind === 'none-fits') return `No point fits ${significant(limitMs)} milliseconds.`;
  const { point, rate, latency } = answer.best;
  const name = latencyName(limitKey);
  return (
    `Best: ${model.points[point].id}, ${significant(rate)} records a second, ` +
    `${name} ${significant(latency)} milliseconds.`
  );
}

/** Two or three digits: what a slider can be set to and a person would say. */
const rounded = (ms: number): number => Number(ms.toPrecision(ms >= 10 ? 3 : 2));

/** Response and service times do not compare, so each loop has a ranking of its own. */
function loopChoice(model: Model, state: State, changed: () => void): void {
  const box = byId('loop-choice');
  const fill = (): void => {
    const buttons = model.loops.map((loop) =>
      button(
        `${loop === 'open' ? 'Open' : 'Closed'} loop (${loopLatency(loop)})`,
        () => {
          state.setLoop(loop);
          changed();
          fill();
        },
        loop === state.loop,
      ),
    );
    box.replaceChildren(
      el('p', { class: 'said' }, 'Ranked apart, since the two latencies are not the same thing:'),
      el('div', { class: 'buttons' }, ...buttons),
    );
  };
  fill();
}

function answerOf(
  model: Model,
  state: State,
  snippet: SnippetName,
  choose: (name: SnippetName) => void,
): HTMLElement[] {
  const { answer, limitMs, limitKey } = state;
  switch (answer.kind) {
    case 'nothing-measured':
      return [
        el(
          'p',
          { class: 'note bad' },
          'No valid run has figures, so there is nothing to rank. The verdicts below say why.',
        ),
      ];
    case 'none-fits':
      return [
        el(
          'p',
          { class: 'note care' },
          `No point keeps ${latencyName(limitKey)} at or under ${significant(limitMs)} ms. ` +
            `The nearest is ${model.points[answer.nearest.point].id}:`,
        ),
        ...pointFacts(model, answer.nearest, limitKey),
      ];
    case 'best':
      return [
        ...pointFacts(model, answer.best, limitKey),
        ...sureness(model, answer, state),
        snippetBox(model, answer.best.point, snippet, choose),
      ];
  }
}

function pointFacts(
  model: Model,
  { point, rate, latency }: Candidate,
  key: LimitKey,
): HTMLElement[] {
  const { id, valid } = model.points[point];
  const fact = (
    label: string,
    value: string,
    unit: string,
    range: readonly [number, number] | null,
  ): HTMLElement =>
    el(
      'div',
      {},
      el('dt', {}, label),
      el(
        'dd',
        {},
        el('strong', {}, value),
        ` ${unit} `,
        range === null
          ? null
          : el('small', {}, `${significant(range[0])}–${significant(range[1])}`),
      ),
    );
  const ends =
    model.data.spread === 'interval' ? '95 % interval of the median' : 'least to greatest run';
  const grey = valid > 1 ? `; in grey the ${ends}` : '';
  const embedded = model.data.embedded
    ? ' Of the embedded cluster: this ranks kbench’s own work, not a Kafka cluster.'
    : '';
  return [
    el('p', { class: 'point' }, el('strong', {}, id), ` ${model.settingsText(point)}`),
    el(
      'dl',
      { class: 'big' },
      fact('throughput', significant(rate), 'records/s', model.range(point, 'rate')),
      fact(latencyName(key), significant(latency), 'ms', model.range(point, key)),
    ),
    el('p', { class: 'said' }, `Median over ${plural(valid, 'valid run')}${grey}.${embedded}`),
  ];
}

type Best = Extract<Answer, { kind: 'best' }>;

/** What keeps the answer from being as sure as it looks. */
function sureness(model: Model, answer: Best, { limitMs, limitKey }: State): HTMLElement[] {
  const { best, runnerUp, runsAbove } = answer;
  const told =
    runnerUp === null
      ? [el('p', {}, 'It is the only point that fits.')]
      : [leadOver(model, answer, runnerUp, limitKey)];
  if (runsAbove > 0) {
    const text =
      `Near the limit: ${runsAbove} of its ${plural(best.latencies.length, 'run')} ` +
      `had a ${latencyName(limitKey)} above ${significant(limitMs)} ms.`;
    told.push(el('p', { class: 'note care' }, text));
  }
  return told;
}

/** How far the best is ahead of the next, and whether that may be chance. */
function leadOver(model: Model, answer: Best, next: Candidate, limitKey: LimitKey): HTMLElement {
  const { best, by, lead, chance, ties, fitting } = answer;
  const name = latencyName(limitKey);
  const share =
    by === 'rate'
      ? (best.rate - next.rate) / next.rate
      : (next.latency - best.latency) / next.latency;
  const ahead = share < 0.0005 ? 'next to nothing' : percent(share);
  const { id } = model.points[next.point];
  const figures = `${significant(next.rate)} records/s, ${name} ${significant(next.latency)} ms`;
  const settings = differing(model, best.point, next.point);
  const of = settings === '' ? '' : ` (${settings})`;
  const told = `Next of the ${fitting} that fit: ${id}, ${figures}${of}.`;
  const what = by === 'rate' ? 'throughput' : `${name} at the same rate`;
  const care = (text: string): HTMLElement => el('p', { class: 'note care' }, `${told} ${text}`);
  if (lead === 'clear') {
    const test = `(rank-sum test, p ${significant(chance)})`;
    return el('p', {}, `${told} The lead in ${what}, ${ahead}, is more than chance ${test}.`);
  }
  if (lead === 'few') {
    return care(
      `No runs of the two overlap, a lead in ${what} of ${ahead}, but so few would fall apart ` +
        `like that by chance in ${percent(chance)} of all cases: use repeats: 4 or more.`,
    );
  }
  if (lead === 'unknown') {
    return care(
      `With a single valid run, whether the lead in ${what}, ${ahead}, is more than chance ` +
        'is not known: use repeats: 4 or more.',
    );
  }
  const others = ties > 1 ? ` The same holds for ${ties - 1} more.` : '';
  return care(
    `The difference in ${what}, ${ahead}, is within the spread of their runs: ` +
      `take either.${others}`,
  );
}

/** The settings in which `other` is not as `point`. */
function differing(model: Model, point: number, other: number): string {
  return model.data.settings
    .flatMap((setting, index) => {
      const [a, b] = [model.points[point].values[index], model.points[other].values[index]];
      return a === b ? [] : [`${setting.name} ${model.valueLabel(index, b)}`];
    })
    .join(', ');
}

function snippetBox(
  model: Model,
  point: number,
  name: SnippetName,
  choose: (name: SnippetName) => void,
): HTMLElement {
  const text = SNIPPETS[name].write(settingsOf(model, point));
  const copied = el('span', { class: 'said', role: 'status' });
  const copy = button('Copy', () => {
    // Browsers keep the clipboard from pages of plain http.
    const written = isSecureContext
      ? navigator.clipboard.writeText(text)
      : Promise.reject(new Error('no clipboard'));
    written.then(
      () => (copied.textContent = 'copied'),
      () => {
        getSelection()?.selectAllChildren(code);
        copied.textContent = 'selected: press Ctrl+C';
      },
    );
  });
  const code = el('code', {}, text);
  const tabs = (Object.keys(SNIPPETS) as SnippetName[]).map((each) =>
    button(SNIPPETS[each].label, () => choose(each), each === name),
  );
  copy.className = 'push';
  return el(
    'div',
    { class: 'snippet' },
    el('div', { class: 'bar' }, ...tabs, copied, copy),
    el('pre', { id: 'snippet', tabindex: 0, 'aria-label': 'Settings of the best point' }, code),
  );
}
