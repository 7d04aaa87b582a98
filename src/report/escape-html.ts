// Foreign text made harmless in HTML and SVG: as an element's content and as a quoted attribute's value. Called by every page.
import { printable } from './format.js';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The text whole. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/** One line of it, without what acts on a reader's screen. */
export function escapeLine(text: string, max = 500): string {
  return escapeHtml(printable(text, max));
}
