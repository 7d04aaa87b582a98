// What a run on several agents tells while it is under way: each agent's last words, and their sum.
// Called by run-on-agents; draws nothing.
import type { RunSpec, WorkerShare } from '../../contract/run-spec.js';
import type { AgentProgress, WorkloadProgress } from '../../workloads/run-workload.js';
import { LiveRate } from '../../workloads/threads/live-rate.js';
import { PHASES } from '../../workloads/threads/shared-state.js';
import type { FromAgent } from '../protocol/messages.js';

type News = Omit<Extract<FromAgent, { kind: 'progress' }>, 'kind' | 'task'>;

const NOTHING: News = {
  ...{ phase: 'connecting', sent: 0, acked: 0, failed: 0, fraction: 0, p99Ms: null },
};

export class AgentsProgress {
  private readonly startedMs: number;
  private readonly agents: AgentNews[];

  constructor(
    { settings }: RunSpec,
    names: readonly { readonly name: string; readonly share: WorkerShare }[],
    private readonly now: () => number,
  ) {
    this.startedMs = now();
    const { rate } = settings.workload;
    this.agents = names.map(({ name, share }) => {
      const own = rate === 'max' ? null : (rate * share.workers) / share.of;
      return new AgentNews(name, own, now);
    });
  }

  heard(index: number, news: News): void {
    this.agents[index].heard(news);
  }

  arrived(index: number): void {
    this.agents[index].state = 'ready';
  }

  done(index: number): void {
    this.agents[index].state = 'done';
  }

  read(p99Ms: number | null): WorkloadProgress {
    const news = this.agents.map((agent) => agent.news);
    const sum = (pick: (each: News) => number): number =>
      news.reduce((total, each) => total + pick(each), 0);
    const least = Math.min(...news.map(({ phase }) => PHASES.indexOf(phase)));
    const phase = PHASES[least];
    const fractions = news.map(({ fraction }) => fraction);
    return {
      phase: phase === 'done' ? 'draining' : phase,
      ...{ sent: sum((n) => n.sent), acked: sum((n) => n.acked), failed: sum((n) => n.failed) },
      recordsPerSecond: this.agents.reduce((total, agent) => total + agent.rate, 0),
      p99Ms,
      fraction: fractions.includes(null) ? null : Math.min(...fractions.map(Number)),
      elapsedMs: this.now() - this.startedMs,
      agents: this.agents.map((agent) => agent.told()),
    };
  }
}

class AgentNews {
  news: News = NOTHING;
  state: AgentProgress['state'] = 'connected';
  rate = 0;
  private live = new LiveRate();
  private heardMs = 0;
  private measuringSinceMs: number | null = null;

  constructor(
    private readonly name: string,
    /** Records a second that its share asks for; null in a closed loop. */
    private readonly ownRate: number | null,
    private readonly now: () => number,
  ) {}

  heard(news: News): void {
    const atMs = this.now();
    if (news.phase === 'measuring' && this.news.phase !== 'measuring') {
      this.live = new LiveRate();
      this.measuringSinceMs = atMs;
    }
    this.news = news;
    this.state = news.phase;
    this.heardMs = atMs;
    this.rate = this.live.add({ atMs, count: news.acked });
  }

  told(): AgentProgress {
    return { name: this.name, state: this.state, recordsPerSecond: this.rate, lagMs: this.lag() };
  }

  /** The first news of the measured part is up to a quarter of a second old: that is no lag. */
  private lag(): number | null {
    if (this.ownRate === null || this.measuringSinceMs === null) return null;
    if (this.news.phase !== 'measuring') return null;
    const dueMs = this.heardMs - this.measuringSinceMs;
    return Math.max(0, dueMs - (this.news.sent / this.ownRate) * 1000);
  }
}
