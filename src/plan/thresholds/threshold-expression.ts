// One gate as text: `< 20ms` of a figure, or k6's `p(99) < 20` of a group of percentiles. Grammar
// of grafana/k6 (thresholds_parser.go):
//   [aggregation] whitespace* operator whitespace* number, operator one of > >= < <= == === !=
// A unit after the number is ours. Pure; called by thresholds.ts, which knows the lines.
import type { Threshold } from '../../contract/threshold.js';
import {
  GATE_METRICS,
  LATENCY_GROUPS,
  type GateMetric,
} from '../../report/model/gates/gate-metrics.js';
import { PERCENTILES, type Percentile } from '../../report/model/percentiles.js';
import { didYouMean, nearest } from '../../base/suggest.js';
import {
  parseBytes,
  parseCount,
  parseMs,
  parseRate,
  parseShare,
  type Parsed,
} from '../../base/units.js';

export type ExpressionRead =
  | { readonly ok: true; readonly gate: Pick<Threshold, 'metric' | 'operator' | 'bound'> }
  | { readonly ok: false; readonly message: string; readonly remedy: string };

const OPERATORS: Readonly<Record<string, Threshold['operator']>> = {
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
  '==': '==',
  '===': '==',
  '!=': '!=',
};
const MEANT: Readonly<Record<string, string>> = {
  '=': '==',
  '=<': '<=',
  '=>': '>=',
  '<>': '!=',
  '!==': '!=',
};

/** k6's names of percentiles -> ours. */
const AGGREGATES: Readonly<Record<string, Percentile>> = {
  med: 'p50',
  'p(50)': 'p50',
  'p(75)': 'p75',
  'p(90)': 'p90',
  'p(95)': 'p95',
  'p(99)': 'p99',
  'p(99.9)': 'p999',
  max: 'max',
};
const THERE_IS = 'there is med or p(50), p(75), p(90), p(95), p(99), p(99.9) and max';
const MIB = 1024 * 1024;
const PLAIN_NUMBER = /^[+-]?(?:\d[\d_]*(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** The metric that a key names: a figure, a group of percentiles, or what it might have meant. */
export function readMetricName(
  name: string,
):
  | { readonly ok: true }
  | { readonly ok: false; readonly message: string; readonly remedy: string } {
  if (GATE_METRICS.has(name) || isGroup(name)) return { ok: true };
  const message = name === '' ? 'a gate without a metric' : `unknown metric ${name}`;
  const names = [...GATE_METRICS.keys(), ...LATENCY_GROUPS];
  // `p99`, `failed`: the last part alone says too little to guess from, but not nothing.
  const ending = names.filter((each) => each.endsWith(`.${name}`)).slice(0, 4);
  if (ending.length > 0) return { ok: false, message, remedy: `write ${ending.join(', ')}` };
  const near = nearest(name, names);
  const remedy =
    near === null
      ? "name a figure of summary.json's points, e.g. latencyMs.response.p99, " +
        'throughput.recordsPerSecond, records.failed'
      : didYouMean(name, names);
  return { ok: false, message, remedy };
}

/** `metric` is one that readMetricName takes. */
export function readExpression(metric: string, expression: string): ExpressionRead {
  const parts = /^([^<>=!]*)([<>=!]+)(.*)$/s.exec(expression);
  if (parts === null) {
    return refuse(
      `${JSON.stringify(expression)} has no operator`,
      `write e.g. "< 20" (${operatorList()})`,
    );
  }
  const [left, sign, right] = [parts[1].trim(), parts[2], parts[3].trim()];
  if (!Object.hasOwn(OPERATORS, sign)) {
    const meant = Object.hasOwn(MEANT, sign)
      ? `did you mean ${MEANT[sign]}?`
      : `write ${operatorList()}`;
    return refuse(`${sign} is not an operator`, meant);
  }
  const found = figureOf(metric, left);
  if (!('path' in found)) return found;
  if (right === '')
    return refuse('there is no number after the operator', `write e.g. "${sign} 20"`);
  const bound = readBound(found, right);
  if (!bound.ok) return bound;
  return { ok: true, gate: { metric: found.path, operator: OPERATORS[sign], bound: bound.value } };
}

function figureOf(
  metric: string,
  aggregate: string,
): GateMetric | Extract<ExpressionRead, { ok: false }> {
  if (isGroup(metric)) {
    if (aggregate === '') {
      return refuse(
        `${metric} has several figures`,
        `write ${metric}.p99: ["< 20"], or "p(99) < 20"`,
      );
    }
    const plain = aggregate.replaceAll(/\s/g, '');
    const percentile = Object.hasOwn(AGGREGATES, plain)
      ? AGGREGATES[plain]
      : PERCENTILES.find((each) => each === plain);
    if (percentile === undefined)
      return refuse(`a summary has no ${aggregate} of a latency`, THERE_IS);
    return GATE_METRICS.get(`${metric}.${percentile}`)!;
  }
  const figure = GATE_METRICS.get(metric)!;
  const words = [
    '',
    'value',
    metric,
    ...(figure.total ? ['count'] : ['med']),
    ...(figure.unit === 'rate' ? ['rate'] : []),
  ];
  if (words.includes(aggregate)) return figure;
  return refuse(
    `${metric} is one figure: there is no ${aggregate} of it`,
    'write the operator and the number, e.g. "< 20"',
  );
}

/** The number in the metric's own unit; without a unit it is meant in that. */
function readBound({ path, unit }: GateMetric, text: string): Parsed {
  if (PLAIN_NUMBER.test(text)) return { ok: true, value: Number(text.replaceAll('_', '')) };
  const perSecond = text.replace(/\s*\/s$/, '');
  switch (unit) {
    case 'ms':
      return parseMs(text, 'plain-is-ms');
    case 'micros':
      return scaled(parseMs(text, 'plain-is-ms'), 1000);
    case 'bytes':
      return parseBytes(text);
    case 'mebibytes':
      return scaled(parseBytes(text), 1 / MIB);
    case 'bytes-per-second':
      return parseBytes(perSecond);
    case 'mebibytes-per-second':
      return scaled(parseBytes(perSecond), 1 / MIB);
    case 'rate':
      return text.includes('/') ? parseRate(text) : parseCount(text);
    case 'count':
      return parseCount(text);
    case 'share':
      return parseShare(text);
    case 'none':
      return {
        ok: false,
        message: `${JSON.stringify(text)} is not a number`,
        remedy: `${path} has no unit`,
      };
  }
}

function scaled(parsed: Parsed, factor: number): Parsed {
  return parsed.ok ? { ok: true, value: parsed.value * factor } : parsed;
}

const isGroup = (name: string): boolean => (LATENCY_GROUPS as readonly string[]).includes(name);
const operatorList = (): string => '<, <=, >, >=, == or !=';

function refuse(message: string, remedy: string): Extract<ExpressionRead, { ok: false }> {
  return { ok: false, message, remedy };
}
