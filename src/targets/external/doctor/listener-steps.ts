// What the way in to one address came to, as steps and findings. Called by doctor.ts for each
// address that the user gave; asks nobody anything.
import type { ApiVersions, ProbeFailureKind } from '../../../connect/cold.js';
import { formatAddress } from '../../../connect/index.js';
import type { CertificateShown } from '../../../connect/security/index.js';
import { fetchRequest } from '../../../wire/apis/all.js';
import { withoutSecrets } from '../../../base/secrets/secrets.js';
import { softwareOf } from '../probe.js';
import type { ExaminedListener, Finding, Step, StepName, StepStatus } from './examination.js';
import type { ListenerReport } from './listener.js';
import { remedyOf, type SettingsPlace } from './remedies.js';
import { daysText, msText } from './words.js';

const DAY_MS = 86_400_000;
/** A certificate with less left is worth a word. */
const EXPIRES_SOON_DAYS = 30;

/** Which step each failure is of. */
const STEP_OF: Readonly<Record<ProbeFailureKind, StepName>> = {
  'bad-address': 'resolve',
  unresolvable: 'resolve',
  refused: 'connect',
  unreachable: 'connect',
  'timed-out': 'connect',
  tls: 'tls',
  plaintext: 'tls',
  certificate: 'tls',
  'client-certificate': 'tls',
  'tls-refused': 'tls',
  'needs-authentication': 'sasl',
  'no-sasl': 'sasl',
  mechanism: 'sasl',
  authentication: 'sasl',
  silent: 'api-versions',
  closed: 'api-versions',
  http: 'api-versions',
  'not-kafka': 'api-versions',
  controller: 'api-versions',
  'broker-error': 'api-versions',
};

export interface ListenerOutcome {
  readonly steps: readonly Step[];
  readonly findings: readonly Finding[];
  readonly shown: ExaminedListener;
}

export function listenerOutcome(
  report: ListenerReport,
  place: SettingsPlace,
  nowMs: number,
): ListenerOutcome {
  const address = formatAddress(report.address);
  const findings = [
    ...failureFindings(report, address, place),
    ...addressFindings(report, address),
    ...certificateFindings(report.tls?.value?.chain ?? [], address, nowMs),
  ];
  const statusOf = (name: StepName): StepStatus =>
    findings.find(({ step, severity }) => step === name && severity === 'problem')?.severity ??
    findings.find(({ step }) => step === name)?.severity ??
    'ok';
  const steps = [...textsOf(report)].map(({ name, text, ms }): Step => ({
    name,
    address,
    status: statusOf(name),
    text,
    ms,
  }));
  return { steps, findings, shown: shownListener(report, address) };
}

function failureFindings(report: ListenerReport, address: string, place: SettingsPlace): Finding[] {
  const { entry, mechanisms } = report;
  if (entry.ok) return [];
  const { kind, message } = entry.failure;
  const offered =
    kind === 'needs-authentication' && mechanisms != null && mechanisms.length > 0
      ? `; it offers ${mechanisms.join(', ')}`
      : '';
  return [
    {
      severity: 'problem',
      step: STEP_OF[kind],
      code: kind,
      cause: `${address}: ${message}${offered}`,
      remedy: remedyOf(kind, place, mechanisms ?? null),
      address,
    },
  ];
}

/**
 * Clients try the addresses of a name one after the other, those of the first one's family alone:
 * one that is dead costs each connection its time.
 */
function addressFindings(report: ListenerReport, address: string): Finding[] {
  const { reached } = report;
  const isIpv6 = (ip: string): boolean => ip.includes(':');
  const preferred = reached.filter(({ ip }) => isIpv6(ip) === isIpv6(reached[0].ip));
  const dead = preferred.filter(({ failure }) => failure !== null);
  if (dead.length === 0 || reached.every(({ failure }) => failure !== null)) return [];
  return [
    {
      severity: 'warning',
      step: 'connect',
      code: 'dead-address',
      cause:
        `${address}: of the ${reached.length} addresses of the name, ` +
        dead.map(({ ip, failure }) => `${ip} cannot be used (${failure!.message})`).join(', '),
      remedy: 'take it out of DNS, or bring up what should listen there: clients try it too',
      address,
    },
  ];
}

function certificateFindings(
  chain: readonly CertificateShown[],
  address: string,
  nowMs: number,
): Finding[] {
  return chain.flatMap((certificate): Finding[] => {
    const leftMs = certificate.validToMs - nowMs;
    if (leftMs <= 0 || leftMs > EXPIRES_SOON_DAYS * DAY_MS) return [];
    return [
      {
        severity: 'warning',
        step: 'tls',
        code: 'expires-soon',
        cause:
          `${address}: the certificate of ${withoutSecrets(certificate.subject)} ends ` +
          `in ${daysText(leftMs)}`,
        remedy: 'renew it and restart the broker (or let it reload its key store) before then',
        address,
      },
    ];
  });
}

interface Line {
  readonly name: StepName;
  readonly text: string;
  readonly ms: number;
}

function* textsOf(report: ListenerReport): Generator<Line> {
  const { address, resolved, reached, tls, mechanisms, entry, entryMs } = report;
  const failed = entry.ok ? null : entry.failure;
  if (resolved === null) {
    yield { name: 'resolve', text: `${address.host}: ${failed?.message ?? ''}`, ms: 0 };
    return;
  }
  const ips = resolved.value.join(', ');
  yield {
    name: 'resolve',
    text: ips === address.host ? `${ips} is an address` : `${address.host}: ${ips}`,
    ms: resolved.ms,
  };
  yield {
    name: 'connect',
    text: reached
      .map(({ ip, ms, failure }) => `${ip} ${failure?.message ?? `in ${msText(ms)}`}`)
      .join('; '),
    ms: Math.max(0, ...reached.map(({ ms }) => ms)),
  };
  if (reached.every(({ failure }) => failure !== null)) return;
  const step = failed === null ? null : STEP_OF[failed.kind];
  if (tls !== undefined) yield { name: 'tls', text: tlsText(report), ms: tls.ms };
  else if (step === 'tls') yield { name: 'tls', text: failed!.message, ms: entryMs };
  if (mechanisms !== undefined || step === 'sasl')
    yield { name: 'sasl', text: saslText(report), ms: 0 };
  if (failed === null || step === 'api-versions')
    yield { name: 'api-versions', text: versionText(report), ms: entryMs };
}

function tlsText({ tls, entry }: ListenerReport): string {
  const seen = tls?.value ?? null;
  const own = seen?.chain[0];
  if (seen === null || own === undefined) return entry.ok ? '' : entry.failure.message;
  const asks =
    seen.asksClientCertificate === null
      ? []
      : [seen.asksClientCertificate ? 'asks for a client certificate' : 'no client certificate'];
  const parts = [
    seen.protocol,
    `for ${own.names.length === 0 ? own.subject : own.names.join(', ')}`,
    `by ${own.issuer}`,
    `until ${new Date(own.validToMs).toISOString().slice(0, 10)}`,
    ...asks,
  ];
  return withoutSecrets(parts.join(', '));
}

function saslText({ mechanisms, entry }: ListenerReport): string {
  const offered =
    mechanisms === null
      ? 'does without SASL'
      : mechanisms === undefined
        ? 'no list of mechanisms'
        : `offers ${mechanisms.join(', ')}`;
  return entry.ok ? `${offered}; logged in` : `${offered}; not let in`;
}

function versionText({ entry }: ListenerReport): string {
  if (!entry.ok) return entry.failure.message;
  const release = releaseOf(entry.versions);
  const apis = `${entry.versions.apiKeys.length} APIs`;
  return release === null
    ? `a broker of unknown release, ${apis}`
    : `speaks as Kafka ${release}, ${apis}`;
}

/**
 * First release with each version of Fetch, newest first: what older brokers, which tell no
 * metadata.version, can be told by (MetadataVersion.fetchRequestVersion).
 */
const BY_FETCH: readonly (readonly [version: number, release: string])[] = [
  ...([
    [18, '4.1'],
    [17, '3.9'],
    [16, '3.7'],
    [15, '3.5'],
    [13, '3.1'],
    [12, '2.7'],
    [11, '2.3'],
    [10, '2.1'],
  ] as const),
  ...([
    [8, '2.0'],
    [7, '1.1'],
    [6, '1.0'],
    [5, '0.11'],
  ] as const),
];

/** As the broker tells it by its feature, else the oldest that speaks as it does. */
function releaseOf(versions: ApiVersions): string | null {
  const told = softwareOf(versions).version;
  if (told !== null) return told;
  const fetch = versions.apiKeys.find(({ apiKey }) => apiKey === fetchRequest.api)?.maxVersion;
  if (fetch === undefined) return null;
  const oldest = BY_FETCH.find(([version]) => fetch >= version);
  return oldest === undefined ? null : `${oldest[1]} or newer`;
}

function shownListener(report: ListenerReport, address: string): ExaminedListener {
  const { resolved, tls, mechanisms, entry } = report;
  return {
    address,
    resolved: resolved?.value ?? [],
    tls: tls?.value ?? null,
    saslMechanisms: mechanisms ?? null,
    version: entry.ok ? releaseOf(entry.versions) : null,
  };
}
