// What a plan's payload files hold, as lines for a terminal. Pure; called by plan-text.
import { formatBytes } from '../../base/units.js';
import type { Plan } from '../../contract/plan.js';
import type { PayloadContent, PayloadFile } from '../../contract/settings.js';
import { isCsv, usesHeader } from '../../workloads/payload/file/payload-defaults.js';

const MAX_FILES_SHOWN = 10;

/** A line for each file: how it is cut, how many values of which sizes, what is left out. */
export function payloadFacts({ points }: Plan): [string, string][] {
  const texts = points.flatMap(({ settings: { workload } }) =>
    workload.payload.kind === 'file' ? [payloadText(workload.payload)] : [],
  );
  const lines = [...new Set(texts)].map((text): [string, string] => ['payload', text]);
  const more = lines.length - MAX_FILES_SHOWN;
  return more <= 0 ? lines : [...lines.slice(0, MAX_FILES_SHOWN), ['payload', `and ${more} more`]];
}

function payloadText(payload: PayloadFile): string {
  const { file, content, order } = payload;
  const cut = `${file}, cut into ${cutText(payload)}`;
  if (content === undefined) return cut;
  const parts = [
    `${n(content.records)} values ${sizesText(content)}`,
    content.sampleSeed === null
      ? 'the whole file'
      : `an even sample of the ${n(content.fileRecords)} in ${approximate(content.fileBytes)} ` +
        `(seed ${content.sampleSeed}; all of it with sample: ${formatBytes(content.fileBytes)})`,
    order === 'random'
      ? 'record i is a value drawn from i by the seed'
      : 'record i is value i modulo their number',
    ...leftOut(payload, content),
  ];
  return `${cut}: ${parts.join('; ')}`;
}

function cutText(payload: PayloadFile): string {
  switch (payload.records ?? 'slices') {
    case 'lines':
      return isCsv(payload)
        ? `lines of CSV${usesHeader(payload) ? ' below a header' : ''}`
        : 'lines';
    case 'delimiter':
      return `pieces between ${JSON.stringify(payload.delimiter)}`;
    case 'length-prefixed':
      return `records behind their length (${payload.prefix ?? 'uint32be'})`;
    case 'slices':
      return 'slices of workload.valueBytes, wherever its records end';
  }
}

function sizesText({ minBytes, meanBytes, maxBytes }: PayloadContent): string {
  if (minBytes === maxBytes) return `of ${n(minBytes)} bytes`;
  return `of ${n(minBytes)} to ${n(maxBytes)} bytes, ${n(Math.round(meanBytes))} on average`;
}

function leftOut({ key }: PayloadFile, content: PayloadContent): string[] {
  const { emptyLeftOut, bytesLeftOut, withoutKey } = content;
  return [
    ...(emptyLeftOut === 0 ? [] : [`empty ones left out: ${n(emptyLeftOut)}`]),
    ...(bytesLeftOut === 0 ? [] : [`the last ${n(bytesLeftOut)} bytes left out`]),
    ...(key === undefined
      ? []
      : [`keys from ${'field' in key ? `field ${key.field}` : `column ${key.column}`}`]),
    ...(withoutKey === 0 ? [] : [`${n(withoutKey)} without a key, sent with null`]),
  ];
}

const n = (number: number): string => number.toLocaleString('en');

const MIB = 1024 ** 2;
const approximate = (bytes: number): string =>
  bytes < MIB ? formatBytes(bytes) : `${Number((bytes / MIB).toPrecision(4))}MiB`;
