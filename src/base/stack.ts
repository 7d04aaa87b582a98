// A stack for pools of reusable objects. An array's own push and pop give memory back and take it
// again when it is often nearly empty, which in steady state would allocate with every batch; this
// one keeps what it has grown to.

export class Stack<T> {
  private readonly items: (T | null)[] = [];
  length = 0;

  push(item: T): void {
    this.items[this.length++] = item;
  }

  /** Undefined when empty. */
  pop(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.items[--this.length] as T;
    this.items[this.length] = null;
    return item;
  }
}
