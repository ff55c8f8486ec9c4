// Draws the package graph into docs/ARCHITECTURE.md from the package.json files. `--check` fails when it is stale.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Manifest {
  readonly name: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}
const root = dirname(import.meta.dirname);
const read = (file: string) => JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest;
const short = (name: string) => name.replace('@octo/', '').replaceAll('-', '_');

export function drawGraph(): string {
  const files = globSync(
    (read('package.json').workspaces ?? []).map((w) => `${w}/package.json`),
    { cwd: root },
  ).sort();
  const packages = files.map(read);
  const own = new Set(packages.map((p) => p.name));
  const arrows = packages.flatMap((p) =>
    Object.keys({ ...p.dependencies, ...p.peerDependencies })
      .filter((d) => own.has(d) && d !== '@octo/kernel')
      .sort()
      .map((d) => `  ${short(p.name)} --> ${short(d)}`),
  );
  return [
    '```mermaid',
    'graph TD',
    ...arrows,
    '```',
    '',
    'Everything imports `kernel`; those arrows are left out.',
  ].join('\n');
}

export function withGraph(page: string): string {
  return page.replace(
    /(<!-- graph:begin -->)[\s\S]*(<!-- graph:end -->)/,
    (_, a: string, b: string) => `${a}\n\n${drawGraph()}\n\n${b}`,
  );
}

if (import.meta.main) {
  const file = join(root, 'docs/ARCHITECTURE.md');
  const page = readFileSync(file, 'utf8');
  if (!process.argv.includes('--check')) writeFileSync(file, withGraph(page));
  else if (withGraph(page) !== page) {
    console.log('docs/ARCHITECTURE.md: the graph is stale; run: npm run graph');
    process.exitCode = 1;
  }
}
