// Lines that a broker would write to its log: few, bounded in number and length, so that a peer
// that talks nonsense can't flood anyone. Called by the cluster; must never throw.
import { printable } from '../../../base/printable.js';
import { toStderr } from '../../../base/terminal.js';
import type { Clock } from '../../../base/clock.js';

const LINES_PER_SECOND = 10;
const MAX_LINE_CHARACTERS = 400;

const toStandardError = (line: string) => toStderr(`kbench embedded: ${printable(line)}\n`);

export class LogLines {
  private secondStartMs = -Infinity;
  private written = 0;
  private suppressed = 0;

  constructor(
    private readonly clock: Clock,
    private readonly sink: (line: string) => void = toStandardError,
  ) {}

  write(line: string): void {
    const nowMs = this.clock.now();
    if (nowMs - this.secondStartMs >= 1000) {
      this.secondStartMs = nowMs;
      this.written = 0;
      if (this.suppressed > 0) this.sink(`${this.suppressed} more lines were left out`);
      this.suppressed = 0;
    }
    if (this.written++ < LINES_PER_SECOND) this.sink(line.slice(0, MAX_LINE_CHARACTERS));
    else this.suppressed++;
  }
}
