// A queue of batches linked through the batches themselves: adding and taking allocates nothing. A
// batch is in one queue at a time (waiting in its partition, or in flight).

/** What is linked: to the one before and the one behind it in its queue. */
export interface Linked<T> {
  next: T | null;
  previous: T | null;
}

export class BatchQueue<T extends Linked<T>> {
  first: T | null = null;
  last: T | null = null;
  length = 0;

  addLast(batch: T): void {
    batch.previous = this.last;
    batch.next = null;
    if (this.last === null) this.first = batch;
    else this.last.next = batch;
    this.last = batch;
    this.length++;
  }

  addFirst(batch: T): void {
    batch.next = this.first;
    batch.previous = null;
    if (this.first === null) this.last = batch;
    else this.first.previous = batch;
    this.first = batch;
    this.length++;
  }

  /** In front of `next`, which is in the queue; at the end for null. */
  insertBefore(batch: T, next: T | null): void {
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

  remove(batch: T): void {
    if (batch.previous === null) this.first = batch.next;
    else batch.previous.next = batch.next;
    if (batch.next === null) this.last = batch.previous;
    else batch.next.previous = batch.previous;
    batch.next = null;
    batch.previous = null;
    this.length--;
  }
}
