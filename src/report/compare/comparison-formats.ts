// The output formats of `kbench compare`, by name. A format is one function from the comparison to text; a new one is a file and a line here.
import type { Comparison } from '../../contract/comparison.js';
import type { TableOptions } from '../table.js';
import { renderComparisonHtml } from './comparison-page.js';
import { renderComparisonGithub, renderComparisonJson, renderComparisonJunit } from './machine-formats.js';
import { renderMarkdown } from './markdown.js';
import { renderText } from './text.js';

export interface ComparisonFormatOptions extends TableOptions {
  /** Rows of tables for reading; what is beyond is counted. JSON and JUnit hold all. */
  readonly most: number;
}

export type ComparisonRenderer = (comparison: Comparison, options: ComparisonFormatOptions) => string;

export type ComparisonFormat = 'text' | 'md' | 'html' | 'json' | 'junit' | 'github';

export const COMPARISON_FORMATS: Readonly<Record<ComparisonFormat, ComparisonRenderer>> = {
  text: renderText,
  md: renderMarkdown,
  html: renderComparisonHtml,
  json: renderComparisonJson,
  junit: renderComparisonJunit,
  github: renderComparisonGithub,
};
