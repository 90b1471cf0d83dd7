/** What a server that limits a rate knows of one quantity, requests or tokens. It is told the time. */
export interface ServerLimit {
  /** Units a minute. */
  readonly perMinute: number;
  /** Changes the limit from now on. */
  change(perMinute: number, now: number): void;
  /** In how many milliseconds `amount` will be admitted if nothing else comes; 0 is now, infinity is never. */
  waitMs(amount: number, now: number): number;
  /** Takes it, whether there is room or not. The number stands for it in {@link giveBack}. */
  take(amount: number, now: number): number;
  /** What was taken turned out to be `amount` less, or more if negative. */
  giveBack(amount: number, taken: number, now: number): void;
  /** How much of the limit is in use now; more than the limit while a debt is paid off. */
  used(now: number): number;
  /** In how many milliseconds all of it would be there again. */
  resetMs(now: number): number;
}

const MINUTE_MS = 60_000;
const SLICE_MS = 1000;
/** What rounding may leave of an amount. */
const EPSILON = 1e-6;

/**
 * OpenAI's continuous bucket: what is used flows off at the limit's rate, and a request is refused while
 * `used + requested > limit`, for `(used + requested − limit) / limit × 60` seconds. When the limit changes, what is left
 * of it stays the same: nobody pays for a minute that was larger, or gets a larger one at once.
 */
export class ServerBucket implements ServerLimit {
  private level: number;
  private updatedAt = 0;

  /** @param isEmpty - all of the limit is in use at the beginning, as behind a minute of full load */
  constructor(
    public perMinute: number,
    isEmpty: boolean,
  ) {
    this.level = isEmpty ? perMinute : 0;
  }

  change(perMinute: number, now: number): void {
    this.level = Math.max(0, this.used(now) + perMinute - this.perMinute);
    this.perMinute = perMinute;
  }

  waitMs(amount: number, now: number): number {
    if (amount > this.perMinute) return Number.POSITIVE_INFINITY;
    const missing = this.used(now) + amount - this.perMinute;
    return missing <= EPSILON ? 0 : (missing / this.perMinute) * MINUTE_MS;
  }

  take(amount: number, now: number): number {
    this.level = this.used(now) + amount;
    return 0;
  }

  giveBack(amount: number, _taken: number, now: number): void {
    this.level = Math.max(0, this.used(now) - amount);
  }

  used(now: number): number {
    this.level = Math.max(0, this.level - ((now - this.updatedAt) * this.perMinute) / MINUTE_MS);
    this.updatedAt = now;
    return this.level;
  }

  resetMs(now: number): number {
    return (this.used(now) / this.perMinute) * MINUTE_MS;
  }
}

/**
 * Azure's way: a sixtieth of the limit in each second, and requests are refused once that is reached ("Manage Azure
 * OpenAI quota", "Understanding rate limits"). Nothing is saved up from one second to the next but what was given
 * back; what the last request of a second took beyond its share is paid by the seconds after.
 */
export class ServerSlices implements ServerLimit {
  private left: number;
  private slice = 0;

  /** @param isEmpty - the first second is used up */
  constructor(
    public perMinute: number,
    isEmpty: boolean,
  ) {
    this.left = isEmpty ? 0 : this.share;
  }

  change(perMinute: number, now: number): void {
    this.pass(now);
    this.perMinute = perMinute;
  }

  private get share(): number {
    return this.perMinute / (MINUTE_MS / SLICE_MS);
  }

  waitMs(amount: number, now: number): number {
    if (amount > this.perMinute) return Number.POSITIVE_INFINITY;
    this.pass(now);
    if (this.left > EPSILON) return 0;
    const slices = Math.floor((EPSILON - this.left) / this.share) + 1;
    return (this.slice + slices) * SLICE_MS - now;
  }

  take(amount: number, now: number): number {
    this.pass(now);
    this.left -= amount;
    return 0;
  }

  giveBack(amount: number, _taken: number, now: number): void {
    this.pass(now);
    this.left += amount;
  }

  used(now: number): number {
    this.pass(now);
    return this.share - this.left;
  }

  resetMs(now: number): number {
    return this.used(now) > 0 ? (this.slice + Math.ceil(this.used(now) / this.share)) * SLICE_MS - now : 0;
  }

  private pass(now: number): void {
    const slice = Math.floor(now / SLICE_MS);
    if (slice === this.slice) return;
    const gained = (slice - this.slice) * this.share;
    this.left = Math.min(Math.max(this.left, this.share), this.left + gained);
    this.slice = slice;
  }
}
