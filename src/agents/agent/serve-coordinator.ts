// An agent on one connection to its coordinator: says who it is, tells its clock, measures the
// shares that it is handed, one at a time. Called by dial for each connection; ends with the
// connection, and what is under way is then given up.
import { hostIdentity, type HostIdentity } from '../../base/process-identity.js';
import { RunError } from '../../base/errors.js';
import { driverLabel } from '../../contract/driver.js';
import type { RunSpec } from '../../contract/run-spec.js';
import type { PackedLedger } from '../../workloads/audit/ledger.js';
import { shareOf } from '../../workloads/load/run-share.js';
import type { ShareHooks } from '../../workloads/measure-share.js';
import type { AnyResult, ShareOutcome } from '../../workloads/share-outcome.js';
import { failureOf } from '../../workloads/result/failure.js';
import { commonNow } from '../../workloads/threads/barrier.js';
import { MEETINGS, type Meeting } from '../../workloads/threads/shared-state.js';
import type { WorkerFailure } from '../../workloads/threads/worker-result.js';
import { consumedParts, headOf } from '../protocol/consumed-parts.js';
import { FrameError } from '../protocol/frames.js';
import { ledgerParts } from '../protocol/ledger-parts.js';
import type { FramedLink } from '../protocol/framed-link.js';
import {
  PROTOCOL,
  readToAgent,
  type FromAgent,
  type Hello,
  type ToAgent,
} from '../protocol/messages.js';
import { isProof, newNonce, proofOf } from '../protocol/proof.js';
import { figuresOf } from '../share-figures.js';
import { FarFaults } from './far-faults.js';
import { measureAskedShare } from './measure-asked-share.js';
import { fileTrouble, programNamed, onThisMachine } from './named-files.js';
import { withOwnPrograms } from './own-programs.js';

/** The coordinator asks for the clock every second: silent for so long, it is gone. */
export const COORDINATOR_SILENT_MS = 15_000;
const GREETING_MS = 10_000;
/** What a coordinator tells of an agent that its user has ended. */
const LEAVING = 'it was stopped there';

export interface AgentOptions {
  readonly name: string;
  readonly token: string | null;
  readonly version: string;
  readonly cpus: number;
  /** Folder that relative paths of modules and payload files start from. */
  readonly folder: string;
  /** Of this process: see Hello. */
  readonly instance: string;
  /** Whether programs that the plan names (tokenCommand, a driver by exec) may be started. */
  readonly allowPrograms: boolean;
  /** One line each. */
  readonly tell: (line: string) => void;
  /** The agent's monotonic clock in ms; commonNow unless a test shifts it. */
  readonly now?: () => number;
  /** What measures a share; for tests. */
  readonly measure?: (
    spec: RunSpec,
    hooks: ShareHooks,
    stamp: number,
  ) => Promise<ShareOutcome<AnyResult>>;
  readonly host?: HostIdentity;
  readonly silentMs?: number;
  /** The user ends this agent: it takes its leave. */
  readonly stop?: AbortSignal;
}

/** How a connection ended. */
export type Served =
  | { readonly kind: 'goodbye'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string; readonly remedy?: string | undefined }
  /** `welcome`: it had been let in. */
  | { readonly kind: 'lost'; readonly message: string; readonly welcome: boolean };

export function serveCoordinator(link: FramedLink, options: AgentOptions): Promise<Served> {
  return new Promise((resolve) => new Service(link, options, resolve).start());
}

class Service {
  private readonly nonce = newNonce();
  private coordinatorNonce: string | null = null;
  private welcome = false;
  private ending: Served | null = null;
  private work: ShareWork | null = null;
  private heardMs = performance.now();
  private watch: NodeJS.Timeout | undefined;
  private readonly leave = (): void => {
    const last: FromAgent = { kind: 'leaving', reason: LEAVING };
    this.link.close('stopped by the user', this.welcome ? last : undefined);
  };

  constructor(
    private readonly link: FramedLink,
    private readonly options: AgentOptions,
    private readonly onEnd: (served: Served) => void,
  ) {}

  start(): void {
    const { silentMs = COORDINATOR_SILENT_MS } = this.options;
    this.watch = setInterval(() => {
      const limitMs = this.welcome ? silentMs : Math.min(GREETING_MS, silentMs);
      if (performance.now() - this.heardMs > limitMs)
        this.link.close(`the coordinator said nothing for ${limitMs / 1000} s`);
    }, 250);
    this.options.stop?.addEventListener('abort', this.leave, { once: true });
    this.link.listen({
      onMessage: (message) => this.take(message),
      onEnd: (reason) => void this.ended(reason),
    });
    if (this.options.stop?.aborted === true) this.leave();
  }

  private take(raw: unknown): void {
    this.heardMs = performance.now();
    try {
      this.answer(readToAgent(raw));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.link.close(error.message);
    }
  }

  private answer(message: ToAgent): void {
    if (message.kind === 'challenge') this.hello(message.nonce);
    else if (message.kind === 'welcome') this.greeted(message.proof);
    else if (message.kind === 'refused') this.endWith(message);
    // Nothing else counts before each has shown the other that it holds the token.
    else if (this.welcome) this.obey(message);
  }

  private endWith(last: Extract<Served, { kind: 'refused' | 'goodbye' }>): void {
    this.ending = last;
    this.link.close(last.message);
  }

  private obey(message: Exclude<ToAgent, { kind: 'challenge' | 'welcome' | 'refused' }>): void {
    switch (message.kind) {
      case 'goodbye':
        this.endWith(message);
        return;
      case 'ping':
        this.send({ kind: 'pong', id: message.id, atMs: this.now() });
        return;
      case 'run':
        void this.run(message);
        return;
      case 'start':
        this.work?.begin(message.task, message.meeting, message.atMs - this.now());
        return;
      case 'all-produced':
        this.work?.allProduced(message.task);
        return;
      case 'member':
        void this.work?.changeMember(message);
        return;
      case 'stop':
        this.work?.stop(message.task, message.cause);
    }
  }

  private hello(nonce: string): void {
    if (this.coordinatorNonce !== null) return;
    this.coordinatorNonce = nonce;
    const { name, token, version, cpus, instance, host = hostIdentity() } = this.options;
    const nonces = { coordinator: nonce, agent: this.nonce };
    const proof = token === null ? {} : { proof: proofOf(token, 'agent', nonces) };
    const hello: Hello = {
      ...{ kind: 'hello', protocol: PROTOCOL, kbench: version, name, instance },
      ...{ nonce: this.nonce, host, cpus, node: process.version },
      ...proof,
    };
    this.link.send(hello);
  }

  private greeted(proof: string | undefined): void {
    const { token } = this.options;
    const nonces = { coordinator: this.coordinatorNonce ?? '', agent: this.nonce };
    if (token !== null && !isProof(proof, proofOf(token, 'coordinator', nonces))) {
      const message = 'the coordinator does not show that it holds the token';
      const remedy = 'give `kbench run` the same token, by --agents-token-file';
      this.ending = { kind: 'refused', message, remedy };
      this.link.close(message);
      return;
    }
    this.welcome = true;
    this.link.trust();
    this.options.tell(`agent ${this.options.name}: connected, waiting for runs`);
  }

  private async run(asked: AskedRun): Promise<void> {
    // One at a time: what was broken off has to end first.
    const before = this.work;
    before?.giveUp();
    const work = new ShareWork(asked, this.options, this.link);
    this.work = work;
    await before?.over;
    await work.measure();
  }

  private now(): number {
    return (this.options.now ?? commonNow)();
  }

  private send(message: FromAgent): void {
    this.link.send(message);
  }

  private async ended(reason: string): Promise<void> {
    clearInterval(this.watch);
    this.options.stop?.removeEventListener('abort', this.leave);
    this.work?.giveUp();
    await this.work?.over;
    this.onEnd(this.ending ?? { kind: 'lost', message: reason, welcome: this.welcome });
  }
}

type AskedRun = Extract<ToAgent, { kind: 'run' }>;
type MemberChanged = Extract<ToAgent, { kind: 'member' }>;

/** One share under way. */
class ShareWork {
  private readonly task: number;
  private readonly user = new AbortController();
  private readonly abandoned = new AbortController();
  private readonly starts = new Map<Meeting, (startMs: number | null) => void>();
  /** Resolves once nothing of it is left, whenever that is. */
  readonly over: Promise<void>;
  private ended: () => void = () => undefined;
  private startedMs: number | null = null;
  private readonly faults: FarFaults;

  constructor(
    private readonly asked: AskedRun,
    private readonly options: AgentOptions,
    private readonly link: FramedLink,
  ) {
    this.task = asked.task;
    this.faults = new FarFaults(() => this.send({ kind: 'produced', task: this.task }));
    this.over = new Promise((resolve) => (this.ended = resolve));
  }

  /** Told to its end, given up or not: the coordinator waits for that, and for the ledgers. */
  async measure(): Promise<void> {
    const failed = (failure: WorkerFailure, stopped = false): void =>
      this.send({ kind: 'failed', task: this.task, failure, stopped });
    try {
      const spec = await this.prepared();
      const { driver } = spec.settings;
      const { tell, name } = this.options;
      if (driver !== 'core') tell(`agent ${name}: preparing driver ${driverLabel(driver)}`);
      const { measure = measureAskedShare } = this.options;
      const outcome = await measure(spec, this.hooks(), this.asked.stamp);
      // A run that the user stopped is not audited.
      if (!outcome.stopped) await this.tellLedgers(outcome.ledgers);
      if (outcome.kind === 'failed') failed(outcome.failure, outcome.stopped);
      else await this.tell(spec, outcome);
    } catch (error) {
      failed(failureOf(error));
    } finally {
      this.ended();
    }
  }

  private async tellLedgers(ledgers: readonly PackedLedger[]): Promise<void> {
    for (const ledger of ledgers) {
      for (const part of ledgerParts(ledger)) {
        this.send({ kind: 'ledger', task: this.task, ledger: part });
        await this.link.drained();
      }
    }
  }

  private send(message: FromAgent): void {
    this.link.send(message);
  }

  begin(task: number, meeting: Meeting, inMs: number): void {
    if (task !== this.task) return;
    const startMs = commonNow() + inMs;
    if (meeting === MEETINGS.measure) {
      this.startedMs = startMs;
      const { spec } = this.asked;
      const { first, workers, of } = shareOf(spec);
      const which = `workers ${first + 1} to ${first + workers} of ${of}`;
      this.options.tell(`agent ${this.options.name}: run ${spec.run} begins (${which})`);
    }
    this.starts.get(meeting)?.(startMs);
  }

  allProduced(task: number): void {
    if (task === this.task) this.faults.allProduced();
  }

  async changeMember({ task, id, change }: MemberChanged): Promise<void> {
    if (task !== this.task) return;
    const failure = await this.faults.changeMember(change).then(() => null, failureOf);
    this.send({ kind: 'changed', task, id, failure });
  }

  stop(task: number, cause: 'user' | 'failure'): void {
    if (task !== this.task) return;
    if (cause === 'user') this.user.abort();
    else this.giveUp();
  }

  giveUp(): void {
    this.abandoned.abort();
    for (const start of this.starts.values()) start(null);
    this.faults.allProduced();
  }

  private hooks(): ShareHooks {
    const { task } = this;
    const send = (message: FromAgent): void => this.send(message);
    return {
      signal: this.user.signal,
      abandon: this.abandoned.signal,
      faults: this.faults,
      onProgress: ({ phase, sent, acked, failed, fraction, p99Ms }) => {
        if (phase !== 'auditing')
          send({ kind: 'progress', task, phase, sent, acked, failed, fraction, p99Ms });
      },
      onInterval: (part) => send({ kind: 'interval', task, part }),
      meet: (meeting) =>
        new Promise((resolve) => {
          if (this.abandoned.signal.aborted) resolve(null);
          else {
            this.starts.set(meeting, resolve);
            send({ kind: 'arrived', task, meeting });
          }
        }),
    };
  }

  /** The run with this machine's paths. RunError where it cannot be made here. */
  private async prepared(): Promise<RunSpec> {
    const { folder, allowPrograms } = this.options;
    const { spec: named, files } = this.asked;
    const spec = await withOwnPrograms(onThisMachine(named, folder));
    const program = programNamed(spec);
    if (program !== null && !allowPrograms) {
      const message = `${program}, and agents on other machines start none that are named to them`;
      throw new RunError(message, 'start the agent with --allow-programs');
    }
    const trouble = await fileTrouble(spec, files, folder);
    if (trouble !== null) throw new RunError(trouble, SAME_FILES);
    return spec;
  }

  private async tell(
    spec: RunSpec,
    { share, stopped }: Extract<ShareOutcome<AnyResult>, { kind: 'measured' }>,
  ): Promise<void> {
    const { results, throttled, consumed } = share;
    for (const part of consumed === null ? [] : consumedParts(consumed)) {
      this.send({ kind: 'consumed', task: this.task, consumed: part });
      await this.link.drained();
    }
    const hasFaults = (spec.settings.faults ?? []).length > 0;
    const late = Math.max(...results.map(({ beganAtMs }) => beganAtMs));
    const began = this.startedMs === null || results.length === 0 ? null : this.startedMs + late;
    // In the agent's own clock, as its pongs tell it.
    const beganAtMs =
      began === null ? null : (this.options.now ?? commonNow)() - (commonNow() - began);
    this.send({
      ...{ kind: 'measured', task: this.task, results: [...results], throttled, beganAtMs },
      consumed: consumed === null ? null : headOf(consumed),
      ...{ figures: hasFaults ? null : figuresOf(spec, share, []), stopped },
    });
  }
}

const SAME_FILES =
  'put the same files on each agent, in the folder that it is started in or --modules-from ' +
  'names; an agent runs no code from the coordinator';
