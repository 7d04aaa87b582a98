// Which batches a flush waits for: each belongs to the generation it was made in, and a flush ends
// a generation and waits for all up to it. Kept by the accumulator; counted once a batch.

interface Generation {
  unsettled: number;
  readonly resolve: (() => void)[];
}

export class FlushGenerations {
  private readonly generations: Generation[] = [{ unsettled: 0, resolve: [] }];
  private first = 0;

  /** A batch was made: returns its generation. */
  begin(): number {
    const last = this.generations.length - 1;
    this.generations[last].unsettled++;
    return this.first + last;
  }

  /** Another batch of a generation that is not over: part of one that was split. */
  join(generation: number): void {
    this.generations[generation - this.first].unsettled++;
  }

  /** A batch of the generation has its outcome. */
  settled(generation: number): void {
    this.generations[generation - this.first].unsettled--;
    if (this.generations.length > 1) this.resolve();
  }

  get hasUnsettled(): boolean {
    return this.generations.some(({ unsettled }) => unsettled > 0);
  }

  /** Calls `done` once every batch that exists now has its outcome. */
  await(done: () => void): void {
    this.generations[this.generations.length - 1].resolve.push(done);
    this.generations.push({ unsettled: 0, resolve: [] });
    this.resolve();
  }

  private resolve(): void {
    while (this.generations.length > 1 && this.generations[0].unsettled === 0) {
      const { resolve } = this.generations.shift()!;
      this.first++;
      for (const done of resolve) done();
    }
  }
}
