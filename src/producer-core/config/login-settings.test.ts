import { describe, expect, it } from 'vitest';
import { commandHandler, TOKEN_HANDLER, tokenHandlerOf } from '../../connect/security/index.js';
import { producerConfigProblems } from './config.js';

describe('the options of Krb5LoginModule', () => {
  it('are checked with the settings', () => {
    const jaas =
      'com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true keyTab="/k" ' +
      'principal="a@B";';
    const problems = (more: Record<string, string>) =>
      producerConfigProblems({ 'security.protocol': 'SASL_SSL', ...more }).map(
        ({ message }) => message,
      );
    expect(problems({ 'sasl.jaas.config': jaas, 'sasl.kerberos.service.name': 'kafka' })).toEqual(
      [],
    );
    expect(problems({ 'sasl.jaas.config': jaas }).join()).toMatch(
      /sasl\.kerberos\.service\.name is not set/,
    );
    expect(problems({}).join()).toMatch(/sasl\.mechanism is not set, and Java's default is GSSAPI/);
    expect(problems({ 'sasl.jaas.config': jaas, 'sasl.mechanism': 'PLAIN' }).join()).toMatch(
      /login module is not/,
    );
    expect(problems({ 'sasl.mechanism': 'AWS_MSK_IAM' }).join()).toMatch(
      /which kbench does not do/,
    );
  });
});

describe('sasl.login.callback.handler.class', () => {
  const problems = (settings: Record<string, string>) =>
    producerConfigProblems({
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'OAUTHBEARER',
      ...settings,
    }).map(({ message, remedy }) => `${message} -> ${remedy}`);

  it('takes the place of a token endpoint', () => {
    expect(problems({ [TOKEN_HANDLER]: './token.mjs' })).toEqual([]);
    expect(problems({ [TOKEN_HANDLER]: 'command:["get-token"]' })).toEqual([]);
    expect(tokenHandlerOf(commandHandler({ program: 'a', args: ['b'], folder: '/x' }))).toEqual({
      kind: 'command',
      command: { program: 'a', args: ['b'], folder: '/x' },
    });
    const java = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler';
    expect(problems({ [TOKEN_HANDLER]: java })).toEqual([
      expect.stringMatching(/nowhere to get a token.*tokenCommand/),
    ]);
  });

  it.each<[Record<string, string>, RegExp]>([
    [{ [TOKEN_HANDLER]: 'com.acme.Login' }, /class of Java's.*\.\/name\.mjs/],
    [
      { [TOKEN_HANDLER]: 'software.amazon.msk.auth.iam.IAMOAuthBearerLoginCallbackHandler' },
      /msk-iam\.mjs/,
    ],
    [{ [TOKEN_HANDLER]: 'command:get-token' }, /no list of texts/],
    [{ [TOKEN_HANDLER]: 'command:[]' }, /no list of texts/],
    [{ [TOKEN_HANDLER]: './x.mjs', 'sasl.mechanism': 'PLAIN' }, /PLAIN has no use for them/],
  ])('is refused where it makes no sense: %j', (settings, words) => {
    expect(problems(settings).join()).toMatch(words);
  });
});
