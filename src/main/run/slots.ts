import { NumberLine } from './number-line.js';

/**
 * The slots of a run. A slot that becomes free goes to the first of those who come back from a wait; only if
 * there is none it is `free`, for new items.
 */
export class Slots {
  private readonly returners = new NumberLine<(taken: boolean) => void>();
  private tickets = 0;

  /**
   * @param free how many there are
   * @param onFree is called whenever one has become free
   */
  constructor(
    public free: number,
    private readonly onFree: () => void,
  ) {}

  /** Takes one that is free. */
  take(): void {
    this.free--;
  }

  release(): void {
    const resume = this.returners.take();
    if (resume !== undefined) {
      resume(true);
    } else {
      this.free++;
      this.onFree();
    }
  }

  /** Takes a slot as soon as there is one, first come, first served. False: dismissed without one. */
  async retake(): Promise<boolean> {
    if (this.free === 0) return new Promise((resolve) => this.returners.put(this.tickets++, resolve));
    this.take();
    return true;
  }

  /** Lets all who wait for a slot go on without one. */
  dismiss(): void {
    for (let resume = this.returners.take(); resume !== undefined; resume = this.returners.take())
      resume(false);
  }
}
