/** One figure beside the floor or peer that was measured in the same run. */
export interface Figure {
  readonly what: string;
  readonly ours: number;
  readonly floor: number;
  readonly floorIs: string;
  readonly unit: string;
  readonly better: 'less' | 'more';
  /** Largest ratio (worse ÷ better) that meets the target of perf.md. */
  readonly target?: number;
  /** A target that is no ratio, in the unit of the figure. */
  readonly goal?: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[sorted.length >> 1];
  if (middle === undefined) throw new Error('a median of nothing');
  return middle;
}
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? Number.NaN;
}

/** Milliseconds that `act` takes. */
export async function timed(act: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await act();
  return performance.now() - begin;
}
