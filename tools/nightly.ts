import { globSync } from 'node:fs';

/** Tests that take too long for every `npm test`. They keep promises as all others do: CI runs them, too. */
export const NIGHTLY = '{libs,plugins,cli,server,e2e}/**/*.nightly.test.ts';

export function nightlyFiles(root: string): readonly string[] {
  return globSync(NIGHTLY, { cwd: root, exclude: (name) => name.includes('node_modules') }).toSorted();
}
