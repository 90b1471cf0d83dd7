/** For how long anything was under way, whatever overlaps counted once. */
export class ActiveTime {
  private active = 0;
  private since = 0;
  private pastMs = 0;

  enter(now: number): void {
    if (this.active++ === 0) this.since = now;
  }

  leave(now: number): void {
    if (--this.active === 0) this.pastMs += now - this.since;
  }

  totalMs(now: number): number {
    return this.active === 0 ? this.pastMs : this.pastMs + now - this.since;
  }
}
