// The trend as annotations of a GitHub workflow run: one for each regression of late (an error),
// machine change (a warning), improvement (a notice), and one for what was left out. Older changes
// are no news and stay out.
import type { Trend } from '../../contract/trend.js';
import { githubAnnotation } from '../text/escape-github.js';
import { plural } from '../text/format.js';
import { causes, figures, headline, leftOutLines, TONE_WORDS, toneOf } from './describe.js';
import { DEFAULT_FAIL_LAST } from './trend-options.js';

/** GitHub shows ten of a kind a step. */
const MAX_ANNOTATIONS = 10;

export function renderTrendGithub(trend: Trend): string {
  const since = trend.results.length - (trend.options.failLast ?? DEFAULT_FAIL_LAST);
  const recent = trend.events.filter(({ result }) => result >= since).slice(0, MAX_ANNOTATIONS);
  const lines = recent.map((event) => {
    const tone = toneOf(event);
    const level = ({ regression: 'error', machine: 'warning', better: 'notice' } as const)[tone];
    const text = [headline(trend, event), ...figures(trend, event), ...causes(trend, event)].join(
      '\n',
    );
    return githubAnnotation(level, text, {
      title: `kbench trend: ${TONE_WORDS[tone].toLowerCase()}`,
    });
  });
  if (trend.leftOut.length > 0) {
    const text = leftOutLines(trend, 5).join('\n');
    lines.push(
      githubAnnotation('warning', text, {
        title: `kbench trend: ${plural(trend.leftOut.length, 'result')} left out`,
      }),
    );
  }
  return lines.map((line) => `${line}\n`).join('');
}
