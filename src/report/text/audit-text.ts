// What an audit came to, in words: for tables, notes, the progress line and CI. Pure.
import type { Audit, AuditExample } from '../../contract/audit.js';
import type { AuditTotals } from '../../contract/summary.js';
import { plural } from './format.js';

/** Classes in the order of their weight, as they are named in a list. */
const WORDS = [
  ['lost', 'lost'],
  ['corrupt', 'corrupt'],
  ['storedThoughFailed', 'stored though refused'],
  ['committedNotSeen', 'committed and not seen'],
  ['abortedSeen', 'aborted and seen'],
  ['duplicated', 'duplicated'],
  ['reordered', 'reordered'],
  ['gone', 'gone by retention'],
  ['unknown', 'told neither way'],
  ['foreign', 'of others'],
] as const satisfies readonly (readonly [keyof AuditTotals, string])[];

const NAMES: ReadonlyMap<string, string> = new Map(WORDS);
/** What says something of the cluster, and not only of the circumstances. */
const FINDINGS = new Set<string>(['gone', 'unknown', 'foreign']);

const count = (value: number): string => value.toLocaleString('en-US');

/** `3 lost, 2 duplicated`; empty where all is as it should be. */
export function findingsText(audit: AuditTotals): string {
  return WORDS.flatMap(([name, word]) => {
    const value = audit[name] ?? 0;
    return value === 0 ? [] : [`${count(value)} ${word}`];
  }).join(', ');
}

/** A point's audit in a table's cell; null where none was asked for. */
export function auditCell(audit: AuditTotals | undefined): readonly string[] | null {
  if (audit === undefined) return null;
  if (audit.runs === 0) return ['not made'];
  return isClean(audit) ? ['all found'] : findingsText(audit).split(', ');
}

/** Whether every acknowledged record is there, once, in order, as it was sent. */
export const isClean = (audit: AuditTotals): boolean =>
  WORDS.every(([name]) => FINDINGS.has(name) || (audit[name] ?? 0) === 0) && audit.gone === 0;

/** `1,234,567 acknowledged, all found once, in order`. */
export function auditSentence(audit: AuditTotals): string {
  const acknowledged = `${count(audit.acknowledged)} acknowledged`;
  const findings = findingsText(audit);
  if (isClean(audit)) {
    const rest = findings === '' ? '' : `; beside them ${findings}`;
    return `${acknowledged}, all found once, in order${rest}`;
  }
  return `${acknowledged}, ${count(audit.found)} found: ${findings}`;
}

/** `run 0003: partition 2, offset 1234, worker 0, record 567`. */
export function exampleText(run: string, example: AuditExample): string {
  const { partition, offset, worker, sequence } = example;
  const place = [
    ...(partition === null ? [] : [`partition ${partition}`]),
    ...(offset === null ? [] : [`offset ${offset}`]),
    ...(worker === null ? [] : [`worker ${worker}`]),
    ...(sequence === null ? [] : [`record ${sequence}`]),
  ];
  return `run ${run}: ${place.length === 0 ? 'no place known' : place.join(', ')}`;
}

export const className = (name: string): string => NAMES.get(name) ?? name;

const PROMISES: Readonly<Record<string, { readonly what: string; readonly classes: string[] }>> = {
  durability: { what: 'what is acknowledged is not lost', classes: ['lost'] },
  idempotence: { what: 'once, and in order', classes: ['duplicated', 'reordered'] },
  transactions: {
    what: 'all of a transaction or nothing of it',
    classes: ['committedNotSeen', 'abortedSeen'],
  },
  integrity: { what: 'what is stored is what was sent', classes: ['corrupt'] },
  refusals: { what: 'what was refused is not stored', classes: ['storedThoughFailed'] },
};

/** `durability (what is acknowledged is not lost; acks=all, ...): 3 records, first ...`. */
export function promiseText(run: string, audit: Audit, promise: Audit['promises'][number]): string {
  const known = PROMISES[promise.promise];
  const first = audit.examples.find((each) => known?.classes.includes(each.class) ?? false);
  const example = first === undefined ? '' : `, first ${exampleText(run, first)}`;
  const what = known === undefined ? '' : `${known.what}; `;
  return (
    `${promise.promise} (${what}${promise.because}): ` +
    `${plural(promise.records, 'record')}${example}`
  );
}
