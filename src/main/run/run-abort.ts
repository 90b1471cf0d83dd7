/** The early end of a run. Whoever reads a signal gets a controller of their own; nobody else pays for one. */
export class RunAbort {
  private stopped: { reason: unknown } | undefined;
  private readonly controllers = new Set<AbortController>();

  get aborted(): boolean {
    return this.stopped !== undefined;
  }

  abort(reason: unknown): void {
    this.stopped = { reason };
    for (const controller of this.controllers) controller.abort(reason);
    this.controllers.clear();
  }

  throwIfAborted(): void {
    if (this.stopped !== undefined) throw this.stopped.reason;
  }

  /** A controller that aborts with the run, until it is released. */
  lease(): AbortController {
    const controller = new AbortController();
    if (this.stopped === undefined) this.controllers.add(controller);
    else controller.abort(this.stopped.reason);
    return controller;
  }

  release(controller: AbortController): void {
    this.controllers.delete(controller);
  }
}
