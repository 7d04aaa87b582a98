import { describe, expect, it } from 'vitest';
import { JaasError, parseJaasConfig } from './jaas-config.js';

const MODULE = 'org.apache.kafka.common.security.plain.PlainLoginModule';
const options = (text: string) =>
  Object.fromEntries(parseJaasConfig(`${MODULE} required ${text}`).options);

describe('sasl.jaas.config', () => {
  it('is a login module, a flag, options, and a semicolon', () => {
    const { loginModule, options } = parseJaasConfig(
      `  ${MODULE} required\n username="alice"\tpassword='s p' ; `,
    );
    expect(loginModule).toBe(MODULE);
    expect([...options]).toEqual([
      ['username', 'alice'],
      ['password', 's p'],
    ]);
    expect(parseJaasConfig('x.Y OPTIONAL;').options.size).toBe(0);
  });

  it('takes what Java’s StreamTokenizer takes: bare words, escapes, comments', () => {
    expect(options('a=word-1_$x.y b="1\\"2\\\\3\\n4\\1015" ;')).toEqual({
      a: 'word-1_$x.y',
      b: '1"2\\3\n4A5',
    });
    expect(options('/* one */ a="/*x*/" // two\n b="//" ;')).toEqual({ a: '/*x*/', b: '//' });
    expect(options('a="b=c;d" é="ü€" ;')).toEqual({ a: 'b=c;d', é: 'ü€' });
    expect(options('password="${file:/run/secrets/pw}";')).toEqual({
      password: '${file:/run/secrets/pw}',
    });
  });

  it.each([
    ['', 'no login module'],
    ['x.Y', 'no control flag'],
    ['x.Y username="hunter2";', 'no control flag'],
    ['x.Y required', 'does not end with a semicolon'],
    ['x.Y required password="hunter2"', 'does not end with a semicolon'],
    ['x.Y required password=;', 'option 1 has no value'],
    ['x.Y required password hunter2;', 'option 1 has no ='],
    ['x.Y required a="b" password=2hunter;', 'the value of option 2 begins with a digit'],
    ['x.Y required password="hunt"er2;', 'option 2 has no ='],
    ['x.Y required; x.Z required;', 'goes on after the semicolon'],
  ])('is refused: %j', (text, words) => {
    const attempt = () => parseJaasConfig(text);
    expect(attempt).toThrow(JaasError);
    expect(attempt).toThrow(words);
    expect(attempt).not.toThrow(/hunt|er2/);
  });
});
