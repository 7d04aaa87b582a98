// sasl.jaas.config as text -> its login module and options, by the grammar of Java's JaasConfig (a
// StreamTokenizer):
//   <login module> <flag> (<option>=<value>)* ;
// Called when a producer's settings are checked, by sweep's validation, and before connecting. Its
// errors never show the text: any part of a malformed one may be the secret.

export interface JaasConfig {
  readonly loginModule: string;
  readonly options: ReadonlyMap<string, string>;
}

/** Why a text is no JAAS configuration. */
export class JaasError extends Error {
  override name = 'JaasError';
}

const FLAGS = ['required', 'requisite', 'sufficient', 'optional'];

interface Token {
  readonly kind: 'word' | 'quoted' | 'number' | 'sign';
  readonly text: string;
}

/** Throws JaasError. */
export function parseJaasConfig(text: string): JaasConfig {
  const tokens = tokenize(text);
  let at = 0;
  const next = (): Token | undefined => tokens[at++];
  const named = (token: Token | undefined) =>
    token !== undefined && (token.kind === 'word' || token.kind === 'quoted');
  const module = next();
  if (!named(module)) throw new JaasError('there is no login module');
  const flag = next();
  if (!named(flag))
    throw new JaasError('there is no control flag after the login module (write `required`)');
  if (!FLAGS.includes(flag!.text.toLowerCase())) {
    throw new JaasError('what follows the login module is no control flag (write `required`)');
  }
  const options = new Map<string, string>();
  for (let token = next(); ; token = next()) {
    if (token === undefined) throw new JaasError('it does not end with a semicolon');
    if (token.kind === 'sign' && token.text === ';') break;
    const which = `option ${options.size + 1}`;
    if (!named(token)) {
      const before = options.size > 0 ? ' (is the value before it in double quotes?)' : '';
      throw new JaasError(`${which} has no name${before}`);
    }
    const equals = next();
    if (equals?.kind !== 'sign' || equals.text !== '=')
      throw new JaasError(`${which} has no = after its name`);
    const value = next();
    if (value?.kind === 'number')
      throw new JaasError(`the value of ${which} begins with a digit: put it in quotes`);
    if (!named(value)) throw new JaasError(`${which} has no value (put values in double quotes)`);
    options.set(token.text, value!.text);
  }
  if (at < tokens.length)
    throw new JaasError('it goes on after the semicolon; one login module is allowed');
  return { loginModule: module!.text, options };
}

// eslint-disable-next-line no-control-regex -- StreamTokenizer's white space
const SPACE = /[\u0000-\u0020]/;
const WORD_START = /[A-Za-z_$\u00a0-\uffff]/;
const WORD = /[A-Za-z_$\u00a0-\uffff0-9.-]/;
const NUMBER = /[0-9.-]/;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp) => {
    const from = at;
    while (at < text.length && pattern.test(text[at])) at++;
    return text.slice(from, at);
  };
  while (at < text.length) {
    const c = text[at];
    if (SPACE.test(c)) at++;
    else if (c === '/') at = endOfComment(text, at);
    else if (c === '"' || c === "'") {
      const quoted = readQuoted(text, at);
      tokens.push({ kind: 'quoted', text: quoted.value });
      at = quoted.end;
    } else if (WORD_START.test(c)) tokens.push({ kind: 'word', text: take(WORD) });
    else if (NUMBER.test(c)) {
      // A dash is of both kinds; without a digit behind it, it begins a word.
      const number = /^-?\d*\.?\d+/.test(text.slice(at, at + 400));
      tokens.push({ kind: number ? 'number' : 'word', text: take(WORD) });
    } else {
      tokens.push({ kind: 'sign', text: c });
      at++;
    }
  }
  return tokens;
}

function endOfComment(text: string, at: number): number {
  if (text[at + 1] === '*') {
    const end = text.indexOf('*/', at + 2);
    return end < 0 ? text.length : end + 2;
  }
  const end = text.slice(at).search(/[\r\n]/);
  return end < 0 ? text.length : at + end;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\u000b',
};

/** A quoted string ends at its quote or at the end of the line. */
function readQuoted(text: string, from: number): { value: string; end: number } {
  let value = '';
  let at = from + 1;
  for (
    ;
    at < text.length && text[at] !== text[from] && text[at] !== '\n' && text[at] !== '\r';
    at++
  ) {
    if (text[at] !== '\\') {
      value += text[at];
      continue;
    }
    const octal = /^[0-3]?[0-7]{1,2}/.exec(text.slice(at + 1, at + 4))?.[0];
    if (octal === undefined) {
      const escaped = text[++at] ?? '';
      value += ESCAPES[escaped] ?? escaped;
    } else {
      value += String.fromCharCode(parseInt(octal, 8));
      at += octal.length;
    }
  }
  return { value, end: text[at] === text[from] ? at + 1 : at };
}
