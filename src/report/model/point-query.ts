// What --sort, --where and --top say, read into conditions and an order over a report's points.
// Fields are the table's columns, the swept settings, and dotted paths into a point of
// summary.json. Called by select-points.ts; throws ConfigurationError with the nearest names.
import { ConfigurationError } from '../../base/errors.js';
import { didYouMean } from '../../base/suggest.js';
import { parseBytes, parseMs, parseRate, type Parsed } from '../../base/units.js';
import type { Scalar } from '../../contract/settings.js';
import { columnsOf } from '../text/columns.js';
import { printable } from '../text/format.js';
import { PERCENTILES } from './percentiles.js';
import { fieldsOfPoint } from './point-fields.js';
import type { PointRow, Report } from './report-model.js';

export interface PointField {
  readonly name: string;
  readonly value: (row: PointRow) => Scalar | null;
}

const OPERATORS = ['<=', '>=', '!=', '==', '=', '<', '>'] as const;
type Operator = (typeof OPERATORS)[number];

export type Condition = (row: PointRow) => boolean;

export interface Order {
  readonly field: PointField;
  readonly descending: boolean;
}

/** Every field that may be named, with how to get it. */
export function fieldsOf(report: Report): Map<string, PointField> {
  const fields = new Map<string, PointField>();
  const add = (name: string, value: PointField['value']): void => {
    if (!fields.has(name)) fields.set(name, { name, value });
  };
  // Percentiles may be named whether or not the table shows them; p99.9 is p999 too.
  for (const column of columnsOf(report, PERCENTILES)) {
    add(column.name, column.value);
    // `p99` is enough for the column `p99 ms`.
    add(column.name.replace(/ (ms|KiB|us\/record)$/, ''), column.value);
    if (column.name === 'p99.9 ms') add('p999', column.value);
  }
  for (const row of report.rows) {
    for (const name of Object.keys(row.point.config))
      add(name, ({ point }) => ownValue(point.config, name));
  }
  const flat = new Map(report.rows.map((row) => [row, fieldsOfPoint(row.point)]));
  for (const path of new Set([...flat.values()].flatMap((table) => [...table.keys()]))) {
    // A quantity itself stands for its median; where a point has none, it has no parts either.
    for (const name of [path, path.replace(/\.median$/, '')]) {
      add(name, (row) => flat.get(row)?.get(name) ?? flat.get(row)?.get(`${name}.median`) ?? null);
    }
  }
  return fields;
}

const ownValue = (config: Readonly<Record<string, Scalar>>, name: string): Scalar | null =>
  Object.hasOwn(config, name) ? config[name] : null;

/** `FIELD` or `FIELD:asc`, `FIELD:desc`. */
export function parseOrder(text: string, fields: ReadonlyMap<string, PointField>): Order {
  const match = /^(.*):(asc|desc)$/s.exec(text);
  return { field: known(match?.[1] ?? text, fields, '--sort'), descending: match?.[2] === 'desc' };
}

/** `acks=all, latencyMs.response.p99<20ms`: all must hold. Values may be quoted. */
export function parseConditions(
  text: string,
  fields: ReadonlyMap<string, PointField>,
): Condition[] {
  return splitConditions(text).map((part) => {
    const match = /^(.+?)\s*(<=|>=|!=|==|=|<|>)\s*(.*)$/s.exec(part);
    if (match === null || match[3] === '') {
      throw new ConfigurationError(
        `--where ${shown(part)} is no condition`,
        `Write a field, one of ${OPERATORS.join(' ')} and a value, e.g. ` +
          "'batch.size=16KiB,p99<20ms'.",
      );
    }
    const field = known(match[1], fields, '--where');
    return condition(field, match[2] as Operator, unquoted(match[3]), part);
  });
}

/** At commas outside of quotes. */
function splitConditions(text: string): string[] {
  return (text.match(/(?:"[^"]*"|[^,"])+/g) ?? ['']).map((part) => part.trim());
}

const unquoted = (text: string): string => /^"(.*)"$/s.exec(text)?.[1] ?? text;

function known(name: string, fields: ReadonlyMap<string, PointField>, option: string): PointField {
  const trimmed = name.trim();
  const field = fields.get(trimmed) ?? fields.get(unquoted(trimmed));
  if (field !== undefined) return field;
  throw new ConfigurationError(
    `${option}: no column, swept setting or figure is called ${shown(trimmed)}`,
    `${didYouMean(
      trimmed,
      [...fields.keys()].map((each) => printable(each, 60)),
    )}; kbench report --help tells what can be named`,
  );
}

function condition(field: PointField, operator: Operator, text: string, whole: string): Condition {
  const wanted = wantedNumber(field.name, text, whole);
  return (row) => {
    const value = field.value(row);
    // What is not there fulfils no condition but that of being something else.
    if (value === null) return operator === '!=';
    if (typeof value === 'number' && wanted !== null)
      return compared(Math.sign(value - wanted), operator);
    if (operator === '=' || operator === '==') return String(value) === text;
    if (operator === '!=') return String(value) !== text;
    if (typeof value === 'number') {
      throw new ConfigurationError(
        `--where ${shown(whole)}: ${shown(text)} is no number`,
        'Compare with a number, e.g. p99<20ms.',
      );
    }
    return false; // text, such as rate: max, is neither more nor less than a number
  };
}

function compared(sign: number, operator: Operator): boolean {
  switch (operator) {
    case '<':
      return sign < 0;
    case '<=':
      return sign <= 0;
    case '>':
      return sign > 0;
    case '>=':
      return sign >= 0;
    case '!=':
      return sign !== 0;
    case '=':
    case '==':
      return sign === 0;
  }
}

/**
 * The value as a number in the field's own unit; null for text. A unit of another kind than the
 * field's is an error.
 */
function wantedNumber(name: string, text: string, whole: string): number | null {
  if (/^[+-]?(\d[\d_]*\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
    return Number(text.replaceAll('_', ''));
  if (!/^[+-]?[\d.]/.test(text)) return null;
  const parsed = readUnit(name, text);
  if (parsed === null) return null;
  if (parsed.ok) return parsed.value;
  throw new ConfigurationError(`--where ${shown(whole)}: ${parsed.message}`, parsed.remedy);
}

/**
 * Units are those of the YAML; which kind is expected shows in the field's name, as settings and
 * figures carry their unit there.
 */
function readUnit(name: string, text: string): Parsed | null {
  const scaled = (parsed: Parsed, unit: number): Parsed =>
    parsed.ok ? { ok: true, value: parsed.value / unit } : parsed;
  if (/MiB(\/s)?$|mebibytesPerSecond/.test(name))
    return scaled(parseBytes(text.replace(/\/s$/, '')), 2 ** 20);
  if (/KiB$|^batch$/.test(name)) return scaled(parseBytes(text), 1024);
  if (/(^|\.)(bytes|memory|size)$|Bytes(\.\w+)?$/.test(name)) return parseBytes(text);
  if (/micros|us\/record|^CPU us/i.test(name)) return scaled(parseMs(text, 'plain-is-ms'), 1e-3);
  if (/(^|[. ])ms$|Ms(\.|$)|^p\d|^max$|[dD]uration/.test(name)) return parseMs(text, 'plain-is-ms');
  if (/(^|\.)rate$|\/s$|PerSecond(\.|$)/.test(name)) return parseRate(text);
  return null;
}

const shown = (text: string): string => JSON.stringify(printable(text, 120));
