// What an output format of `kbench report` is: what it is asked and what it gives. A leaf, so that
// the formats need not know the registry (formats.ts), which knows them all.
import type { Better, Per } from './format-names.js';
import type { Report } from '../model/report-model.js';
import type { TableOptions } from '../text/table.js';

export interface RenderOptions extends TableOptions {
  readonly per?: Per;
  readonly better?: Better;
  /** Told of what cannot be shown, in words: a histogram not readable, runs without figures. */
  readonly leaveOut?: (message: string) => void;
}

export interface NamedFile {
  readonly name: string;
  readonly text: string;
}

/** Text; or, where it may be long, its pieces one after another; or files for a folder. */
export type Output =
  string | { readonly pieces: Iterable<string> } | { readonly files: Iterable<NamedFile> };

/** Formats ignore the options that they have no use for. */
export type Renderer = (report: Report, options: RenderOptions) => Output;
