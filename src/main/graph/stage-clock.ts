/** How long a stage of a run took, and how much went through it. */
export interface StageTime {
  name: string;
  elapsedMs: number;
  /** How many of `unit` went through. */
  items: number;
  /** What is counted, in the plural. */
  unit: string;
}

/** Times the stages of a run, one after the other. */
export class StageClock {
  readonly stages: StageTime[] = [];

  /** Runs a stage; `itemsOf` counts what went through it, from its result. */
  async time<T>(
    name: string,
    unit: string,
    itemsOf: (result: T) => number,
    stage: () => Promise<T>,
  ): Promise<T> {
    const startMs = performance.now();
    const result = await stage();
    this.stages.push({ name, unit, items: itemsOf(result), elapsedMs: performance.now() - startMs });
    return result;
  }
}
