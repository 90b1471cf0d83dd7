/** Tasks for the pools: the same functions run in ours and in the peer's. */

/** As good as no work: what is measured is the way there and back. */
export function increment(n: number): number {
  return n + 1;
}

/** Work for the processor alone, about a millisecond of it: how many primes there are below 30,000 + n. */
export function countPrimes(n: number): number {
  let primes = 0;
  for (let candidate = 2; candidate < 30_000 + n; candidate++) {
    let divisor = 2;
    while (divisor * divisor <= candidate && candidate % divisor !== 0) divisor++;
    if (divisor * divisor > candidate) primes++;
  }
  return primes;
}
