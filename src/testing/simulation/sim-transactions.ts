// An application with transactions in a simulated world: begins, lets records be appended, commits
// or aborts, repeats a call that timed out, aborts when it must, gives up when it is fenced. Called
// by simulation.ts once a step; keeps each transaction's fate for sim-invariants.
import { IllegalStateError, ProducerStateError, TimeoutError } from '../../producer-core/index.js';
import type { CoreProducer } from '../../producer-core/parts.js';
import type { Fate } from './sim-invariants.js';
import type { Random } from './sim-weather.js';

type Call = 'initTransactions' | 'commitTransaction' | 'abortTransaction';

export class TransactionalLoad {
  readonly fates: Fate[] = [];
  readonly problems: string[] = [];
  /** Records may be appended, into transaction fates.length - 1. */
  open = false;
  /** A fatal error, or close. */
  over = false;
  private calling = false;
  private next: Call | 'begin' | null = 'initTransactions';

  constructor(
    private readonly producer: CoreProducer,
    private readonly random: Random,
    private readonly trace: (text: () => string) => void,
  ) {}

  step(): void {
    if (this.calling || this.over) return;
    if (this.next === 'begin') this.begin();
    else if (this.next !== null) this.call(this.next);
    else if (this.open && this.random() < 0.25)
      this.call(this.random() < 0.75 ? 'commitTransaction' : 'abortTransaction');
  }

  /** An append threw: the producer is in an error state. */
  refused(error: unknown): void {
    if (this.calling || this.over) return;
    this.after('append', error);
  }

  private begin(): void {
    try {
      this.producer.beginTransaction();
      this.fates.push('unknown');
      this.open = true;
      this.next = null;
    } catch (error) {
      this.after('begin', error);
    }
  }

  private call(name: Call): void {
    this.calling = true;
    this.open = false;
    this.trace(() => `${name} (transaction ${this.fates.length - 1})`);
    this.producer[name]().then(
      () => {
        this.calling = false;
        this.trace(() => `${name} done`);
        if (name !== 'initTransactions')
          this.fates[this.fates.length - 1] =
            name === 'commitTransaction' ? 'committed' : 'aborted';
        this.next = 'begin';
      },
      (error: unknown) => {
        this.calling = false;
        this.after(name, error);
      },
    );
  }

  private after(what: Call | 'begin' | 'append', error: unknown): void {
    this.trace(() => `${what}: ${String(error)}`);
    if (error instanceof ProducerStateError && error.abortable) this.next = 'abortTransaction';
    else if (error instanceof TimeoutError && what !== 'begin' && what !== 'append')
      this.next = what;
    else {
      if (error instanceof IllegalStateError && !this.over)
        this.problems.push(`${what}: ${error.message}`);
      this.over = true;
    }
    this.open = this.open && this.next === null && !this.over;
  }
}
