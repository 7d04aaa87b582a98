// The output formats of `kbench trend`, by name. A format is one function from the trend to text; a
// new one is a file and a line here.
import type { Trend } from '../../contract/trend.js';
import type { TableOptions } from '../text/table.js';
import { renderTrendGithub } from './render-github.js';
import { renderTrendHtml } from './render-html.js';
import { renderTrendMarkdown } from './render-markdown.js';
import { renderTrendText } from './render-text.js';

export type TrendFormat = 'text' | 'md' | 'html' | 'json' | 'github';

export const TREND_FORMATS: Readonly<
  Record<TrendFormat, (trend: Trend, options: TableOptions) => string>
> = {
  text: renderTrendText,
  md: renderTrendMarkdown,
  html: renderTrendHtml,
  json: (trend) => `${JSON.stringify(trend, null, 2)}\n`,
  github: renderTrendGithub,
};
