import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Home, type Server, textsOf } from './octo.ts';

const witness = (home: Home) => join(home.dir, 'witness');

/** Says `line 1` and on, ten a second; a file outside counts its starts. */
export const numberedScript = (home: Home, lines: number): string =>
  `echo started >> '${witness(home)}'; for n in $(seq 1 ${lines}); do echo "line $n"; sleep 0.1; done`;
export const numbered = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `line ${n + 1}`);

export const started = (home: Home): Promise<string> => readFile(witness(home), 'utf8').catch(() => '');
export async function linesOf(server: Server): Promise<readonly string[]> {
  return (await textsOf(server)).filter((text) => text.startsWith('line '));
}
