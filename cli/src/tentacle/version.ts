import { readFileSync } from 'node:fs';

const file = new URL('../../package.json', import.meta.url);
/** The bundle carries it as a constant (tools/bundle.ts). */
export const VERSION: string = (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
