import { listOf, pluginForm, type PluginResource } from '@octo/api';
import { type LoadedPlugin, type Refused } from '@octo/kernel/host';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../../plane.ts';

const list = listOf(pluginForm);

/** What is loaded and what it brings, and what was refused and why (house.md 3.4). */
export function pluginRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/octo/plugins', async () =>
    list.toWire([...plane.plugins.map(loadedResource), ...plane.refused.map(refusedResource)]),
  );
}

function loadedResource({ plugin, version, root }: LoadedPlugin): PluginResource {
  const { name, contract, steps = [], transports = [], schedulers = [], services = [] } = plugin;
  const brings = [
    ...steps.map((s) => `step ${s.type}`),
    ...transports.map((t) => `transport ${t.style}`),
    ...schedulers.map((s) => `scheduler ${s.name}`),
    ...services.map((s) => `service ${s.token.id}`),
  ];
  return { name, version, root, contract, brings, refused: null };
}

function refusedResource({ name, root, error }: Refused): PluginResource {
  const { code, message, hint = null } = error;
  return { name, version: '', root, contract: 0, brings: [], refused: { code, message, hint } };
}
