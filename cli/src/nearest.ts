/** Up to three of `names` that were probably meant by `wanted`, nearest first. */
export function nearest(wanted: string, names: readonly string[]): string[] {
  const a = wanted.toLowerCase();
  return names
    .map((name) => ({ name, far: farness(a, name.toLowerCase()) }))
    .filter(({ far }) => far <= Math.max(2, a.length / 2))
    .sort((x, y) => x.far - y.far)
    .slice(0, 3)
    .map(({ name }) => name);
}

function farness(a: string, b: string): number {
  if (b.includes(a)) return 0; // 'greet' means '@acme/octo-step-greet'
  return Math.min(edits(a, b), edits(a, b.slice(0, a.length)) + 1); // 'Defautl' means 'Default Worker Pool'
}

/** Letters to add, drop or change until one is the other (Levenshtein). */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
