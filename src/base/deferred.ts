// A promise with what settles it, as Promise.withResolvers of Node 22 makes it.

export class Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;

  constructor() {
    let settle: Pick<Deferred<T>, 'resolve' | 'reject'> | null = null;
    this.promise = new Promise<T>((resolve, reject) => {
      settle = { resolve, reject };
    });
    ({ resolve: this.resolve, reject: this.reject } = settle!);
  }
}
