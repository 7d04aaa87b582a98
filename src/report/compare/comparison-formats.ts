// The output formats of `kbench compare`, by name. A format is one function from the comparison to
// text; a new one is a file and a line here.
import { renderComparisonHtml } from './comparison-page.js';
import type { ComparisonRenderer } from './comparison-renderer.js';
import {
  renderComparisonGithub,
  renderComparisonJson,
  renderComparisonJunit,
} from './machine-formats.js';
import { renderMarkdown } from './comparison-markdown.js';
import { renderText } from './comparison-text.js';

export type ComparisonFormat = 'text' | 'md' | 'html' | 'json' | 'junit' | 'github';

export const COMPARISON_FORMATS: Readonly<Record<ComparisonFormat, ComparisonRenderer>> = {
  text: renderText,
  md: renderMarkdown,
  html: renderComparisonHtml,
  json: renderComparisonJson,
  junit: renderComparisonJunit,
  github: renderComparisonGithub,
};
