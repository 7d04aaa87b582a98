// A point's settings to take along: as a Java properties file, and as YAML for a sweep. Pure;
// called by answer.
import type { Model } from './model.js';

export interface TakenSettings {
  readonly heading: string;
  /** Under Java's names. */
  readonly producer: Readonly<Record<string, string>>;
  /** What is not the producer's: topic, workload. */
  readonly other: Readonly<Record<string, string>>;
}

export type SnippetName = 'properties' | 'yaml';

export const SNIPPETS: Readonly<
  Record<
    SnippetName,
    { readonly label: string; readonly write: (settings: TakenSettings) => string }
  >
> = {
  properties: { label: 'producer.properties', write: properties },
  yaml: { label: 'YAML', write: yaml },
};

export function settingsOf(model: Model, point: number): TakenSettings {
  const { id, producer, other } = model.points[point];
  return {
    heading: `${id} of ${model.data.name}`,
    producer: { ...model.data.producer, ...producer },
    other,
  };
}

function properties({ heading, producer, other }: TakenSettings): string {
  const comment = [
    heading,
    ...Object.entries(other).map(([name, value]) => `measured with ${name} = ${value}`),
  ];
  return [
    ...comment.map((line) => `# ${line}`),
    ...Object.entries(producer).map(([name, value]) => `${escapeKey(name)}=${escapeValue(value)}`),
  ].join('\n');
}

/** java.util.Properties: an escape for what would end a key, and for what is not Latin 1. */
const escapeKey = (name: string): string => escapeValue(name).replace(/[=: #!]/g, '\\$&');
const escapeValue = (value: string): string =>
  value
    .replace(/\\/g, '\\\\')
    .replace(/^ /, '\\ ')
    .replace(
      /[^ -~]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );

function yaml({ heading, producer, other }: TakenSettings): string {
  const entry = ([name, value]: readonly [string, string]): string =>
    `${plain(name)}: ${plain(value)}`;
  const rest = Object.entries(other).map(([name, value]) => `# measured with ${name} = ${value}`);
  return [
    `# ${heading}`,
    ...rest,
    'producer:',
    ...Object.entries(producer).map((each) => `  ${entry(each)}`),
  ].join('\n');
}

/** Quoted unless it can be nothing else than itself. */
const plain = (text: string): string =>
  /^(?:-?\d+|[a-z][\w.-]*)$/i.test(text) && !/^(?:y|n|yes|no|on|off|null)$/i.test(text)
    ? text
    : JSON.stringify(text);
