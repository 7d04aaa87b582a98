// The options of `kbench run` that are about agents, apart from what they do, so that --help loads
// little.
import { WORD } from '../../options/help-text.js';

export interface AgentArguments {
  readonly 'agents-listen'?: string | undefined;
  readonly 'agents-token-file'?: string | undefined;
  readonly 'agents-cert'?: string | undefined;
  readonly 'agents-key'?: string | undefined;
  readonly 'agents-ca'?: string | undefined;
  readonly 'agent-wait'?: string | undefined;
}

const text = <D extends string>(describe: D) => ({ ...WORD, describe }) as const;

export const AGENT_OPTIONS = {
  'agents-listen': text('HOST:PORT at which `kbench agent` dials in, instead of local processes'),
  'agents-token-file': text('file of the token that agents must hold (or KBENCH_AGENT_TOKEN)'),
  'agents-cert': text('TLS to agents: the certificate, a PEM file'),
  'agents-key': text('TLS to agents: its key, a PEM file'),
  'agents-ca': text('TLS to agents: ask them for a certificate of this CA, a PEM file'),
  'agent-wait': {
    ...text('how long agents may take to come, or to come back'),
    defaultDescription: '60s',
  },
} as const;
