// A point of summary.json, or a run, as a flat table of dotted names and plain values:
// `latencyMs.response.p99.median`, `config.acks`. One vocabulary for the CSV's columns and for what
// --sort and --where may name. Pure.
import type { FaultEvent } from '../../contract/faults.js';
import type { AgentResult, Latency, RunResult } from '../../contract/run-result.js';
import type { SummaryPoint } from '../../contract/summary.js';
import { PERCENTILES, percentileMs } from './percentiles.js';

export type Field = string | number | boolean | null;
export type Fields = ReadonlyMap<string, Field>;

/** Every value of the point; lists are told in one text. */
export function fieldsOfPoint(point: SummaryPoint): Fields {
  const { thresholds, verdicts, faults = [], ...rest } = point;
  const fields = new Map<string, Field>();
  flatten('', rest, fields);
  flattenFaults(faults, fields);
  if (thresholds !== undefined) {
    const told = thresholds.map(
      ({ text, value, passed }) =>
        `${text}: ${passed ? 'passed' : 'failed'} (${value ?? 'no figure'})`,
    );
    fields.set('thresholds', told.join('; '));
    fields.set('thresholdsFailed', thresholds.filter(({ passed }) => !passed).length);
  }
  return fields.set('verdicts', verdicts.join('; '));
}

/** Every value of the run but its intervals and histograms, which no table has room for. */
export function fieldsOfRun(run: RunResult): Fields {
  const { measurement, failure, canary, faults = [], ...rest } = run;
  const fields = new Map<string, Field>();
  flatten('', rest, fields);
  fields.delete('schema');
  if (canary !== null) flatten('canary.', canary, fields);
  fields.set('failure', failure?.message ?? null);
  if (faults.length > 0) fields.set('faults', faults.map(eventText).join('; '));
  if (measurement === null) return fields;
  const { errors, verdict, transactions, continuity, recovery = [], ...measured } = measurement;
  fields.set('valid', verdict.valid);
  fields.set(
    'verdicts',
    verdict.reasons.map(({ code, message }) => `${code}: ${message}`).join('; '),
  );
  fields.set(
    'errors',
    errors.map(({ name, message, records }) => `${records} x ${name}: ${message}`).join('; '),
  );
  flatten('', measured, fields);
  if (continuity !== undefined) {
    flatten('continuity.', { ...continuity, outages: continuity.outages.length }, fields);
  }
  if (transactions !== null) flatten('transactions.', transactions, fields);
  flattenFaults(recovery, fields);
  return fields;
}

/** One agent's part of a run: which run, what it was set to, and the agent's own figures. */
export function fieldsOfAgent(run: RunResult, agent: AgentResult): Fields {
  const { point, repeat, status, config, startedAt, run: number } = run;
  const { verdict, name, ...figures } = agent;
  const fields = new Map<string, Field>();
  flatten('', { run: number, point, repeat, status, config, startedAt, agent: name }, fields);
  flatten('', figures, fields);
  fields.set('valid', verdict.valid);
  return fields.set(
    'verdicts',
    verdict.reasons.map(({ code, message }) => `${code}: ${message}`).join('; '),
  );
}

/** Numbered from 1, as people count. */
function flattenFaults(
  faults: readonly { readonly fault: number; readonly errors: readonly FaultErrors[] }[],
  fields: Map<string, Field>,
): void {
  for (const { fault, errors, ...rest } of faults) {
    const prefix = `fault${fault + 1}.`;
    flatten(prefix, rest, fields);
    const told = errors.map(({ name, records }) => `${records} x ${name}`).join('; ');
    fields.set(`${prefix}errors`, told);
  }
}

interface FaultErrors {
  readonly name: string;
  readonly records: number;
}

function eventText({ action, target, atMs, doneAtMs, note }: FaultEvent): string {
  const done = doneAtMs === null ? ', not done' : ` done at ${doneAtMs} ms`;
  return `${action} ${target} at ${atMs} ms${done}${note === '' ? '' : ` (${note})`}`;
}

/** What no cell can hold. */
const LEFT_OUT = new Set(['encoded', 'intervals']);

/** Those of the histogram too, where the file is older than they are; in ascending order. */
function withAllPercentiles(latency: Latency): object {
  const { count, min, mean, p9999, max, ...others } = latency;
  const all = PERCENTILES.map((field) => [field, percentileMs(latency, field)] as const);
  const known = { count, min, mean, ...Object.fromEntries(all.slice(0, -1)), p9999, max };
  // What a latency has besides (that of consumers) comes behind.
  return {
    ...known,
    ...Object.fromEntries(Object.entries(others).filter(([name]) => !(name in known))),
  };
}

function flatten(prefix: string, value: object, fields: Map<string, Field>): void {
  const all = 'encoded' in value ? withAllPercentiles(value as Latency) : value;
  for (const [name, each] of Object.entries(all) as [string, unknown][]) {
    if (LEFT_OUT.has(name)) continue;
    // A list is a section that a later version added: no cell holds it.
    if (Array.isArray(each)) continue;
    if (typeof each === 'object' && each !== null) flatten(`${prefix}${name}.`, each, fields);
    else if (
      each === null ||
      typeof each === 'string' ||
      typeof each === 'number' ||
      typeof each === 'boolean'
    ) {
      fields.set(prefix + name, each);
    }
  }
}
