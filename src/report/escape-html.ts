// Foreign text made harmless in HTML and SVG: as an element's content and as a quoted attribute's value.
import { printable } from './format.js';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string, max = 500): string {
  return printable(text, max).replace(/[&<>"']/g, (character) => ENTITIES[character]);
}
