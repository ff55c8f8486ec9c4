import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const dist = new URL('../../libs/kernel/dist', import.meta.url).pathname;

/** What plugin authors can see, without comments: one text, in a stable order. */
function surface(): string {
  return globSync('*.d.ts', { cwd: dist })
    .sort()
    .map((file) => `// ${file}\n${withoutComments(readFileSync(join(dist, file), 'utf8'))}`)
    .join('\n');
}
function withoutComments(text: string): string {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/^\s*\n/gm, '');
}

test('the public surface of the kernel changes only on purpose, with a line in CHANGELOG.md (house.md 3.5)', async () => {
  await expect(surface()).toMatchFileSnapshot('../snapshots/kernel-surface.txt');
});
