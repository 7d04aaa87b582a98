// The points shown in the charts, always in sight: each with its colour, to be taken out again.
// Called by main.
import { button, byId, el, swatch } from './elements.js';
import type { Model } from './model.js';
import type { State } from './page-state.js';
import { readTheme } from './theme.js';

export function chosenBar(model: Model, state: State): void {
  const fill = (): void => {
    const { series } = readTheme();
    const chips = state.shown.map((point, place) => {
      const { id } = model.points[point];
      const settings = model.settingsText(point);
      const chip = button('', () => state.toggle(point));
      chip.append(swatch(series[place]), id);
      chip.title = settings;
      chip.setAttribute(
        'aria-label',
        `${id}, ${settings}: shown in the charts; press to take it out`,
      );
      return chip;
    });
    const lead =
      chips.length === 0
        ? 'No point is shown: pick some in the scatter or in the table of all points.'
        : 'Shown:';
    const reset = state.picked ? [button('Follow the answer', () => state.follow())] : [];
    byId('chosen').replaceChildren(el('span', {}, lead), ...chips, ...reset);
  };
  state.on(['chosen', 'theme'], fill);
  fill();
}
