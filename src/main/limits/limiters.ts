import { MillraceError } from '../../shared/errors.js';
import { Limiter } from './limiter.js';
import type { LimiterOptions } from './limiter-options.js';

/**
 * Limiters by name, so that all parts of a program that call one API share its limits.
 *
 * @example
 * const limiter = limiters.get('openai:gpt-4o-mini', { tokensPerMinute: 1_000_000, requestsPerMinute: 10_000 });
 * limiters.get('openai:gpt-4o-mini') === limiter; // true
 */
export class Limiters {
  private readonly byName = new Map<string, Limiter>();

  /**
   * The limiter of this name. The first call makes it; options of later calls change its rates.
   *
   * @throws MillraceError `MILLRACE_INVALID_ARGUMENT` if there is none and no options say how to make it.
   */
  get(name: string, options?: LimiterOptions): Limiter {
    const known = this.byName.get(name);
    if (known !== undefined) {
      if (options !== undefined) known.setRates(options);
      return known;
    }
    if (options === undefined) {
      const names = [...this.byName.keys()].map((other) => `"${other}"`).join(', ') || 'none';
      throw new MillraceError(
        'MILLRACE_INVALID_ARGUMENT',
        `limiters: there is no limiter "${name}" yet, expected options to make it, or one of: ${names}`,
      );
    }
    const limiter = new Limiter(options);
    this.byName.set(name, limiter);
    return limiter;
  }

  names(): string[] {
    return [...this.byName.keys()];
  }
}

/** The limiters that a whole program shares. */
export const limiters = new Limiters();
