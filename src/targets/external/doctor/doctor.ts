// `kbench doctor`'s work, in the order in which a client would meet it: the way in, the cluster,
// its brokers where they say they are, its topics, round trips, a record. Called by
// commands/doctor; changes nothing but the topic of its own that write-and-read makes and deletes.
import { StoppedError } from '../../../base/errors.js';
import { withoutSecrets } from '../../../base/secrets/secrets.js';
import type { SecuritySettings } from '../../../contract/settings.js';
import { type ApiVersions, ProbeFailure, versionFor, WireClient } from '../../../connect/cold.js';
import { formatAddress, parseAddress } from '../../../connect/index.js';
import { metadataRequest, metadataResponse } from '../../../wire/apis/all.js';
import {
  advertisedFindings,
  examinedBroker,
  visitBrokers,
  type Cluster,
  type Entrance,
  type Visit,
} from './advertised.js';
import { clockFindings, clockText } from './clocks.js';
import {
  EXAMINATION_SCHEMA,
  worst,
  type ClockDifference,
  type Examination,
  type ExaminedBroker,
  type ExaminedListener,
  type Finding,
  type RoundTrip,
  type Step,
  type StepName,
  type StepStatus,
  type TopicsState,
  type Verdict,
} from './examination.js';
import { listenerOutcome } from './listener-steps.js';
import { examineListener, timed, type ListenerReport, type WayIn } from './listener.js';
import { clusterOperations } from './permissions.js';
import { identify, roundTrips, type Identified } from './protocol.js';
import { NOT_REACHED, type SettingsPlace } from './remedies.js';
import { minIsrOf, topicsOutcome, type Metadata } from './topic-health.js';
import { count, listed, msText } from './words.js';
import { writeAndRead, type ScratchTopics, type WriteOutcome } from './write-and-read.js';

export interface DoctorOptions {
  /** `host:port`, at least one. */
  readonly addresses: readonly string[];
  readonly security: SecuritySettings;
  /** `SASL_SSL (PLAIN)`. */
  readonly securityLabel: string;
  readonly place: SettingsPlace;
  readonly way: WayIn;
  /** Null: nothing is written. */
  readonly topics: ScratchTopics | null;
  /** What is being done, for a person who waits. */
  readonly tell: (what: string) => void;
}

/** All round trips together; brokers after that are left out. */
const ROUND_TRIPS_LIMIT_MS = 15_000;

/** Throws StoppedError. */
export function examine(options: DoctorOptions): Promise<Examination> {
  return new Doctor(options).examine();
}

type Opened = ListenerReport & { readonly entry: { readonly ok: true } };

/** What one examination has come to so far. */
class Doctor {
  private readonly atMs = Date.now();
  private readonly steps: Step[] = [];
  private readonly findings: Finding[] = [];
  private readonly listeners: ExaminedListener[] = [];
  private readonly roundTripsOf = new Map<number, RoundTrip>();
  private clocks: ReadonlyMap<number, ClockDifference> = new Map();
  private topicsState: TopicsState | null = null;

  constructor(private readonly options: DoctorOptions) {}

  async examine(): Promise<Examination> {
    const { addresses, tell, way } = this.options;
    tell(`${addresses.join(', ')}: name, connection, handshakes`);
    const reports = await Promise.all(
      addresses.map((text) => examineListener(parseAddress(text)!, way)),
    );
    for (const report of reports) {
      const outcome = listenerOutcome(report, this.options.place, this.atMs);
      this.steps.push(...outcome.steps);
      this.findings.push(...outcome.findings);
      this.listeners.push(outcome.shown);
    }
    const opened = reports.filter((report): report is Opened => report.entry.ok);
    if (opened.length === 0) return this.told(null, verdictOf(reports));
    try {
      return this.told(await this.examineCluster(opened), null);
    } finally {
      for (const { entry } of opened) entry.client.close();
    }
  }

  private told(cluster: Examination['cluster'], verdict: Verdict | null): Examination {
    const { addresses, securityLabel } = this.options;
    return {
      schema: EXAMINATION_SCHEMA,
      at: new Date(this.atMs).toISOString(),
      addresses,
      security: securityLabel,
      verdict: verdict ?? worst(this.findings),
      listeners: this.listeners,
      cluster,
      steps: this.steps,
      findings: this.findings,
    };
  }

  private async examineCluster(opened: readonly Opened[]): Promise<Examination['cluster']> {
    const [{ entry }] = opened;
    this.options.tell('metadata');
    const metadata = await this.step('metadata', () => this.metadata(entry.client, entry.versions));
    if (metadata === null) return null;
    const { clusterId: id, controllerId, brokers } = metadata;
    const shownId = id === null ? null : withoutSecrets(id);
    const cluster: Cluster = {
      id,
      brokers: brokers.map(({ nodeId, host, port, rack }) => ({ id: nodeId, host, port, rack })),
      entrances: await this.entrances(
        opened,
        brokers.map(({ nodeId }) => nodeId),
      ),
      security: this.options.securityLabel,
    };
    this.controller(metadata, entry.versions);
    const visits = await this.brokers(cluster);
    await this.topics(metadata, entry.client, entry.versions);
    await this.roundTrips(visits);
    await this.writing(visits);
    await this.permissions(cluster, entry.client, entry.versions);
    const examined = visits.map((visit): ExaminedBroker => ({
      ...examinedBroker(visit),
      roundTrip: this.roundTripsOf.get(visit.broker.id) ?? null,
      clock: this.clocks.get(visit.broker.id) ?? null,
    }));
    return {
      id: shownId,
      controller: controllerId < 0 ? null : controllerId,
      brokers: examined,
      topics: this.topicsState,
    };
  }

  /** A step that may lose its connection: null then, with a finding that says so. */
  private async step<T>(name: StepName, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      const { stop } = this.options.way;
      if (stop?.aborted === true) throw new StoppedError(`stopped: ${name}`);
      if (!(error instanceof ProbeFailure)) throw error;
      const remedy = 'look into the broker’s log, and run kbench doctor again';
      const [severity, code, cause] = ['problem', error.kind, error.message] as const;
      this.close(name, [{ severity, step: name, code, cause, remedy }], error.message, 0);
      return null;
    }
  }

  /** Ends a step. */
  private close(name: StepName, found: readonly Finding[], text: string, ms: number): void {
    this.findings.push(...found);
    this.note(name, worst(found), text, ms);
  }

  private note(name: StepName, status: StepStatus, text: string, ms: number): void {
    this.steps.push({ name, status, text, ms });
  }

  private async metadata(client: WireClient, versions: ApiVersions): Promise<Metadata> {
    const version = versionFor(versions, metadataRequest);
    if (version === null) throw new ProbeFailure('not-kafka', 'offers no Metadata');
    const body = { topics: version === 0 ? [] : null, allowAutoTopicCreation: false };
    const { value, ms } = await timed(() =>
      client.request(metadataRequest, metadataResponse, version, body),
    );
    const { clusterId, brokers, topics } = value;
    const text =
      `cluster ${clusterId === null ? 'without a name' : withoutSecrets(clusterId)}, ` +
      `${count(brokers.length, 'broker')}, ${count(topics.length, 'topic')}`;
    this.note('metadata', 'ok', text, ms);
    return value;
  }

  /** All must lead to one cluster; which broker each leads to helps to say what to set. */
  private async entrances(
    opened: readonly Opened[],
    ids: readonly number[],
  ): Promise<readonly Entrance[]> {
    const [first] = opened;
    const entrances: Entrance[] = [];
    for (const { address, entry } of opened) {
      const text = formatAddress(address);
      if (entry.cluster.clusterId !== first.entry.cluster.clusterId) {
        const theirs = entry.cluster.clusterId ?? '?';
        this.findings.push({
          ...{ severity: 'problem', step: 'metadata', code: 'another-cluster', address: text },
          cause:
            `${text} leads to another cluster (${theirs}) than ` + formatAddress(first.address),
          remedy: 'give the addresses of one cluster only',
        });
        continue;
      }
      const asked = () => identify(entry.client, entry.versions, ids);
      const unknown: Identified = { known: false, forbidden: false };
      const identified = (await this.step('metadata', asked)) ?? unknown;
      entrances.push({ address: text, identified });
    }
    return entrances;
  }

  private controller({ controllerId }: Metadata, versions: ApiVersions): void {
    const kraft = versions.finalizedFeatures.some(({ name }) => name === 'metadata.version');
    if (controllerId >= 0) {
      const text = kraft
        ? `KRaft: broker ${controllerId} passes on what the controller is asked`
        : `broker ${controllerId}`;
      this.note('controller', 'ok', text, 0);
      return;
    }
    const found: Finding = {
      ...{ severity: 'problem', step: 'controller', code: 'no-controller' },
      cause: 'the cluster has no controller: no topic can be made, and no new leader elected',
      remedy: 'look into the logs of the controllers (or of ZooKeeper): a majority must be up',
    };
    this.close('controller', [found], 'none', 0);
  }

  private async brokers(cluster: Cluster): Promise<readonly Visit[]> {
    const { tell, way, place } = this.options;
    tell(`${count(cluster.brokers.length, 'broker')}: the addresses that they advertise`);
    const { value: visits, ms } = await timed(() => visitBrokers(cluster.brokers, way));
    const found = advertisedFindings(cluster, visits, place);
    const reached = visits.filter(({ report }) => report?.entry.ok === true);
    const unasked = visits.filter(({ report }) => report === null).length;
    const text =
      `${reached.length} of ${visits.length} reached at the addresses that they advertise` +
      (unasked > 0 ? `; ${unasked} not asked for want of time` : '');
    if (visits.length === 0)
      found.push({
        ...{ severity: 'problem', step: 'brokers', code: 'no-brokers' },
        cause: 'the cluster lists no brokers',
        remedy: 'wait until its brokers are up',
      });
    this.close('brokers', found, text, ms);
    return visits;
  }

  private async topics(
    metadata: Metadata,
    client: WireClient,
    versions: ApiVersions,
  ): Promise<void> {
    this.options.tell('leaders and in-sync replicas of all topics');
    const asked = () => timed(() => minIsrOf(client, versions, metadata.topics));
    const answer = await this.step('topics', asked);
    if (answer === null) return;
    const { state, findings } = topicsOutcome(metadata, answer.value, this.atMs);
    this.topicsState = state;
    const parts = [
      `${count(state.topics, 'topic')}, ${count(state.partitions, 'partition')}`,
      `${state.withoutLeader} without leader`,
      answer.value.forbidden
        ? 'min.insync.replicas not told (DescribeConfigs on Topic is missing)'
        : `${state.underMinIsr} under min.insync.replicas`,
      `${state.underReplicated} not fully in sync`,
      `${state.offlineReplicas} offline replicas`,
    ];
    this.close('topics', findings, parts.join(', '), answer.ms);
  }

  /** One broker after the other, so that they do not wait for each other here. */
  private async roundTrips(visits: readonly Visit[]): Promise<void> {
    const { tell, way } = this.options;
    const reached = visits.filter(({ report }) => report?.entry.ok === true);
    if (reached.length === 0) return;
    tell('round trips');
    const from = performance.now();
    const texts: string[] = [];
    for (const { broker, report } of reached) {
      if (performance.now() - from > ROUND_TRIPS_LIMIT_MS || report?.entry.ok !== true) break;
      const { versions } = report.entry;
      const taken = await this.step('round-trip', async () => {
        const { timeoutMs, access, stop } = way;
        const client = await WireClient.open(broker, timeoutMs, access, timeoutMs, stop);
        try {
          return await roundTrips(client, versions);
        } finally {
          client.close();
        }
      });
      if (taken === null) continue;
      this.roundTripsOf.set(broker.id, taken);
      texts.push(`broker ${broker.id} ${msText(taken.medianMs)} / ${msText(taken.p99Ms)}`);
    }
    const left = reached.length - texts.length;
    const text = `median / p99 of 20: ${listed(texts)}${left > 0 ? `; ${left} not measured` : ''}`;
    this.note('round-trip', 'ok', text, performance.now() - from);
  }

  private async writing(visits: readonly Visit[]): Promise<void> {
    const { topics, tell, addresses, security, way } = this.options;
    // Its partitions would lie on brokers that are not to be reached, and only time out.
    const lost = visits.some(({ report }) => report?.entry.ok !== true);
    if (topics === null || lost) {
      const why = topics === null ? 'not tried (--no-write)' : 'not tried: see brokers';
      for (const name of ['write', 'read', 'clock'] as const) this.note(name, 'skipped', why, 0);
      return;
    }
    tell('a topic of its own: writing and reading');
    const { access, stop } = way;
    const client = { bootstrap: addresses, security, access, stop };
    const { value, ms } = await timed(() => writeAndRead(visits.length, client, topics, this.atMs));
    this.closeWriting(value, ms);
  }

  private closeWriting({ topic, findings, written, read, clocks }: WriteOutcome, ms: number): void {
    const of = (step: StepName) => findings.filter((finding) => finding.step === step);
    const wrote =
      written === null
        ? `topic ${topic} could not be made`
        : `${count(written.records, 'record')} with acks=all in ${topic}` +
          (written.records > 0 ? `, slowest ${msText(written.slowestMs)}` : '');
    this.close('write', of('write'), wrote, ms);
    if (written === null || written.records === 0) {
      this.note('read', 'skipped', 'nothing was written', 0);
      this.note('clock', 'skipped', 'nothing was written', 0);
      return;
    }
    const left = findings.some(({ code }) => code === 'topic-left');
    const gone = left ? 'topic not deleted' : 'topic deleted';
    this.close('read', of('read'), `${read} of ${written.records} read back; ${gone}`, 0);
    this.clocks = clocks;
    if (clocks.size === 0) {
      this.note(
        'clock',
        'skipped',
        'the topic does not take LogAppendTime, so no clock is told',
        0,
      );
      return;
    }
    const texts = [...clocks]
      .toSorted(([a], [b]) => a - b)
      .map(([id, clock]) => `broker ${id} ${clockText(clock)}`);
    this.close('clock', clockFindings(clocks), `ahead of this machine: ${listed(texts)}`, 0);
  }

  private async permissions(
    { entrances }: Cluster,
    client: WireClient,
    versions: ApiVersions,
  ): Promise<void> {
    const told = await this.step('permissions', () => clusterOperations(client, versions));
    const forbidden = entrances.some(({ identified }) => !identified.known && identified.forbidden);
    const found: Finding[] = forbidden
      ? [
          {
            ...{ severity: 'warning', step: 'permissions', code: 'missing-permission' },
            cause:
              'missing permission: DescribeConfigs on Cluster, so which broker is at an address, ' +
              'and its listeners, are not known here',
            remedy:
              'kafka-acls --add --allow-principal User:... --operation DescribeConfigs --cluster',
          },
        ]
      : [];
    const text =
      told === null
        ? 'on the cluster: not told'
        : `on the cluster: ${told.length === 0 ? 'none' : told.join(', ')}`;
    this.close('permissions', found, text, 0);
  }
}

/** Whether a broker answered at all. */
const verdictOf = (reports: readonly ListenerReport[]): Verdict =>
  reports.every(({ entry }) => !entry.ok && NOT_REACHED.has(entry.failure.kind))
    ? 'unreachable'
    : 'problem';
