import type { ErrorCategory } from '../../shared/errors.js';

/** How many errors there were, by category and code. */
export class ErrorCounts {
  private readonly counts = new Map<string, { category: ErrorCategory; code: string; count: number }>();

  add(category: ErrorCategory, code: string): void {
    const kind = `${category} ${code}`;
    const known = this.counts.get(kind);
    if (known === undefined) this.counts.set(kind, { category, code, count: 1 });
    else known.count++;
  }

  all(): { readonly category: ErrorCategory; readonly code: string; readonly count: number }[] {
    return [...this.counts.values()];
  }

  byCategory(): Partial<Record<ErrorCategory, number>> {
    const totals: Partial<Record<ErrorCategory, number>> = {};
    for (const { category, count } of this.counts.values())
      totals[category] = (totals[category] ?? 0) + count;
    return totals;
  }
}
