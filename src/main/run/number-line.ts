/** Hands out values by their numbers, 0, 1, 2, …, in whatever order they came in. */
export class NumberLine<T> {
  private readonly values = new Map<number, T>();
  private next = 0;

  put(number: number, value: T): void {
    this.values.set(number, value);
  }

  /** The value whose turn it is, or undefined while it is not there. */
  take(): T | undefined {
    const value = this.values.get(this.next);
    if (value !== undefined) this.values.delete(this.next++);
    return value;
  }
}
