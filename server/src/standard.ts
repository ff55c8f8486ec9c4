import { type Carried } from '@octo/kernel/host';
import { dirname } from 'node:path';

/** The folder whose package.json lists the standard plugins. A bundle carries them and puts itself here (ADR 0005). */
export function standardPlugins(): string | Carried {
  return dirname(new URL(import.meta.resolve('@octo/plugin-standard/package.json')).pathname);
}
