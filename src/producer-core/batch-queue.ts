// A queue of batches linked through the batches themselves: adding and taking allocates nothing. A batch is in one queue at a time
// (waiting in its partition, or in flight).
import type { RecordBatch } from './record-batch.js';

export class BatchQueue {
  first: RecordBatch | null = null;
  last: RecordBatch | null = null;
  length = 0;

  addLast(batch: RecordBatch): void {
    batch.previous = this.last;
    batch.next = null;
    if (this.last === null) this.first = batch;
    else this.last.next = batch;
    this.last = batch;
    this.length++;
  }

  addFirst(batch: RecordBatch): void {
    batch.next = this.first;
    batch.previous = null;
    if (this.first === null) this.last = batch;
    else this.first.previous = batch;
    this.first = batch;
    this.length++;
  }

  /** In front of `next`, which is in the queue; at the end for null. */
  insertBefore(batch: RecordBatch, next: RecordBatch | null): void {
    if (next === null) this.addLast(batch);
    else if (next.previous === null) this.addFirst(batch);
    else {
      batch.previous = next.previous;
      batch.next = next;
      next.previous.next = batch;
      next.previous = batch;
      this.length++;
    }
  }

  remove(batch: RecordBatch): void {
    if (batch.previous === null) this.first = batch.next;
    else batch.previous.next = batch.next;
    if (batch.next === null) this.last = batch.previous;
    else batch.next.previous = batch.previous;
    batch.next = null;
    batch.previous = null;
    this.length--;
  }
}
