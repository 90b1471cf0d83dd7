import { expectTypeOf, it } from 'vitest';
import { ThreadSafeCache } from '../../src/main/cache/thread-safe-cache.js';
import { cache } from '../../src/main/policies/cache.js';
import { cached } from '../../src/main/policies/cached.js';
import { retry } from '../../src/main/policies/retry.js';
import type { Step, StepContext } from '../../src/main/run/step.js';
import { withPolicies } from '../../src/main/run/with-policies.js';

interface Chunk {
  text: string;
  hash: string;
}
const extract = async (chunk: Chunk) => chunk.text.length;

it('keeps the type of the step that it wraps', () => {
  expectTypeOf(withPolicies(extract, cache(), retry())).toEqualTypeOf<Step<Chunk, number>>();
  const answers = new ThreadSafeCache<number>();
  const step = withPolicies(extract, cache(answers, { key: (chunk: Chunk) => chunk.hash }));
  expectTypeOf(step).toEqualTypeOf<Step<Chunk, number>>();
  expectTypeOf(
    withPolicies(extract, cache(answers, { key: ({ hash }: { hash: string }) => hash })),
  ).toEqualTypeOf<Step<Chunk, number>>();
  // @ts-expect-error a chunk has no such field
  withPolicies(extract, cache(answers, { key: (chunk: { id: string }) => chunk.id }));
});

it('types what is cached', () => {
  const call = cached(extract, {}, { key: (chunk) => chunk.hash });
  expectTypeOf(call).toEqualTypeOf<(input: Chunk, context?: StepContext) => Promise<number>>();
  const answers = new ThreadSafeCache<string>();
  expectTypeOf(answers.get('a')).resolves.toEqualTypeOf<string | undefined>();
  expectTypeOf(answers.getOrLoad('a', async () => 'b')).resolves.toBeString();
  // @ts-expect-error a number is no string
  answers.set('a', 1);
});
