// YAML text -> a plain tree in which every key and value knows its line and column. Nothing is
// merged or looked up here, and what could harm (alias bombs, __proto__ keys, endless nesting) is
// refused here, before anyone sees it.
import { isAlias, isMap, isScalar, isSeq, LineCounter } from 'yaml';
import type { Alias, Node } from 'yaml';
import { leadsToSecrets } from '../../base/secrets/secret-lines.js';
import type { Place, Problems } from './problems.js';
import { aliasTargets, composeYaml } from './yaml-document.js';

export type YamlScalar = string | number | boolean | null;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: YamlScalar;
  /** As written, without quotes: `4.10` where value is 4.1. */
  readonly raw: string;
  readonly at: Place;
}
export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly YamlNode[];
  readonly at: Place;
}
export interface MapEntry {
  readonly key: string;
  readonly keyAt: Place;
  readonly value: YamlNode;
}
export interface MapNode {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, MapEntry>;
  readonly at: Place;
}
export type YamlNode = ScalarNode | ListNode | MapNode;

/** Nodes that aliases may add to what is written. */
const MAX_ALIASED_NODES = 100_000;
const MAX_DEPTH = 50;
/** Keys of one mapping. */
const MAX_KEYS = 1_000;
/** Most of what follows the first syntax error follows from it. */
const MAX_SYNTAX_ERRORS = 5;
const HARMFUL_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * The tree of one YAML document, or null if it is empty or cannot be parsed; what is wrong goes to
 * `problems`.
 */
export function parseYaml(text: string, problems: Problems, origin?: string): YamlNode | null {
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    if (origin !== undefined) return { origin };
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const composed = composeYaml(text, lines, MAX_DEPTH);
  if ('deepAt' in composed) {
    problems.add(
      place(composed.deepAt),
      '',
      'nested too deeply',
      `use at most ${MAX_DEPTH} levels`,
    );
    return null;
  }
  const { document, secondAt } = composed;
  const found = [...document.errors, ...document.warnings];
  for (const { code, message, pos } of found.slice(0, MAX_SYNTAX_ERRORS)) {
    problems.add(place(pos[0]), '', syntaxMessage(code, message));
  }
  if (found.length === 0 && secondAt !== null) {
    problems.add(
      place(secondAt),
      '',
      'the file holds more than one YAML document',
      'put each sweep into a file of its own',
    );
  }
  if (found.length > 0 || secondAt !== null || document.contents === null) return null;
  return new TreeBuilder(aliasTargets(document), problems, place).build(document.contents, '', 0);
}

/**
 * Among secrets a key is shown if it can be a setting's name alone: it may be a value whose key was
 * forgotten.
 */
function shownKey(path: string, key: string): string {
  return leadsToSecrets(path) && !PRODUCER_NAME.test(key) ? '(not shown)' : key;
}

const PRODUCER_NAME = /^(?:ssl|sasl|security|target|producer|bootstrap)[a-z.]*$/;

/** The package's words, without what it quotes of the text: that may be a secret. */
function syntaxMessage(code: string, message: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'a tab is used for indentation';
    case 'TAG_RESOLVE_FAILED':
    case 'BAD_COLLECTION_TYPE':
      return 'a value begins with a tag (!...) that is not known: put text in quotes';
    case 'BAD_DQ_ESCAPE':
      return 'Invalid escape sequence in double quotes';
    case 'UNEXPECTED_TOKEN':
      return message.replace(/: .*$/s, '');
    default:
      return message;
  }
}

class TreeBuilder {
  #aliasedNodes = 0;
  #gaveUp = false;
  /** Anchored nodes that are being expanded right now: an alias to one of them would never end. */
  readonly #open = new Set<Node>();

  constructor(
    private readonly targets: ReadonlyMap<Alias, Node>,
    private readonly problems: Problems,
    private readonly place: (offset: number) => Place,
  ) {}

  build(node: Node | null, path: string, depth: number, through?: Place): YamlNode | null {
    if (this.#gaveUp) return null;
    const at = through ?? this.place(node?.range?.[0] ?? 0);
    if (through !== undefined && ++this.#aliasedNodes > MAX_ALIASED_NODES) {
      return this.#giveUp(
        at,
        path,
        `aliases expand to more than ${MAX_ALIASED_NODES} values (an alias bomb)`,
        'write the values out',
      );
    }
    // Only aliases can still lead this deep.
    if (depth > MAX_DEPTH)
      return this.#giveUp(at, path, 'nested too deeply', `use at most ${MAX_DEPTH} levels`);
    if (isAlias(node))
      return this.#alias(this.targets.get(node) ?? null, node.source, at, path, depth);
    if (isScalar(node)) return this.#scalar(node.value, node.source, at, path);
    if (node !== null && this.#open.has(node)) {
      return this.#giveUp(
        at,
        path,
        'an alias stands inside of what it refers to',
        'write the values out',
      );
    }
    if (node !== null) this.#open.add(node);
    const built = this.#collection(node, path, depth, at, through);
    if (node !== null) this.#open.delete(node);
    return built;
  }

  #collection(
    node: Node | null,
    path: string,
    depth: number,
    at: Place,
    through: Place | undefined,
  ): YamlNode | null {
    if (isSeq(node)) {
      const items = node.items.map((item, index) =>
        this.build(item as Node, `${path}[${index}]`, depth + 1, through),
      );
      return { kind: 'list', items: items.filter((item) => item !== null), at };
    }
    const pairs = isMap(node) ? node.items : [];
    if (pairs.length > MAX_KEYS)
      return this.#giveUp(
        at,
        path,
        `a mapping has ${pairs.length} keys`,
        `use at most ${MAX_KEYS}`,
      );
    const entries = new Map<string, MapEntry>();
    for (const pair of pairs) {
      const keyNode = pair.key as Node | null;
      const keyAt = through ?? this.place(keyNode?.range?.[0] ?? 0);
      const name: unknown = isScalar(keyNode) ? keyNode.value : null;
      const key = typeof name === 'string' || typeof name === 'number' ? String(name) : null;
      if (key === null || HARMFUL_KEYS.has(key)) {
        const what = key === null ? 'a key must be plain text' : `the key ${key} is not allowed`;
        this.problems.add(keyAt, path, what, 'remove it');
        continue;
      }
      const inner = path === '' ? key : `${path}.${key}`;
      if (entries.has(key))
        this.problems.add(
          keyAt,
          inner,
          `the key ${shownKey(inner, key)} is there twice`,
          'remove one of them',
        );
      const built = this.build(pair.value as Node | null, inner, depth + 1, through);
      const value = built ?? { kind: 'scalar', value: null, raw: '', at: keyAt };
      entries.set(key, {
        key,
        keyAt,
        value: pair.value === null ? { ...value, at: keyAt } : value,
      });
    }
    return { kind: 'map', entries, at };
  }

  #alias(
    target: Node | null,
    name: string,
    at: Place,
    path: string,
    depth: number,
  ): YamlNode | null {
    if (target !== null) return this.build(target, path, depth + 1, at);
    // A password may begin with an asterisk.
    const what = leadsToSecrets(path)
      ? 'this alias (*...) has no anchor'
      : `the alias *${name} has no anchor &${name}`;
    this.problems.add(at, path, `${what} before it`, 'write the value out');
    return null;
  }

  #scalar(value: unknown, source: string | undefined, at: Place, path: string): YamlNode | null {
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) {
      return { kind: 'scalar', value: value as YamlScalar, raw: source ?? String(value), at };
    }
    this.problems.add(
      at,
      path,
      'this is not text, a number, true or false',
      'write a plain value, without a tag',
    );
    return null;
  }

  #giveUp(at: Place, path: string, message: string, remedy: string): null {
    this.#gaveUp = true;
    this.problems.add(at, path, message, remedy);
    return null;
  }
}
