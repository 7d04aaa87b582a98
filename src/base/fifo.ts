// A first-in, first-out queue that takes and gives in constant time however long it is (an array's
// shift() moves all the rest). For the cold way of sends that have to wait, see producer.ts.

/** Taken places are given back once there are so many of them, and more than are left. */
const COMPACT_FROM = 1024;

export class Fifo<T> {
  private items: T[] = [];
  private head = 0;

  get length(): number {
    return this.items.length - this.head;
  }

  get first(): T | undefined {
    return this.items[this.head];
  }

  push(item: T): void {
    this.items.push(item);
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.items[this.head++];
    if (this.head === this.items.length || (this.head >= COMPACT_FROM && this.head > this.length)) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }
}
