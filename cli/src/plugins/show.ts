import { type Description, summary } from './description.ts';
import { loadAll } from './probe.ts';
import { unknownPlugin } from './remove.ts';

/** A plugin that is loaded, standard ones too; for a refused one the reason is thrown. */
export async function showPlugin(
  name: string,
  folder: string,
  root: string,
): Promise<{ readonly plugin: Description; readonly text: string }> {
  const { plugins, refused } = await loadAll(folder, root);
  const fault = refused.find((r) => r.name === name);
  if (fault) throw fault.error;
  const plugin = plugins.find((p) => p.name === name);
  if (!plugin) {
    const names = plugins.map((p) => p.name);
    throw unknownPlugin(name, names, 'loaded');
  }
  return { plugin, text: text(plugin) };
}

function text(plugin: Description): string {
  const schemas = [
    ...plugin.steps.map(({ type, properties }) => [`properties of step ${type}`, properties] as const),
    ...plugin.transports.map(({ style, endpoint }) => [`endpoint of transport ${style}`, endpoint] as const),
  ];
  const shown = schemas.map(([title, schema]) => `\n${title}:\n${JSON.stringify(schema, null, 2)}`);
  return [summary(plugin), `  root       ${plugin.root}`, ...shown].join('\n');
}
