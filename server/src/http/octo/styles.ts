import { OCTOPUS_STYLES, type EndpointSchema, type WorkerStyle } from '@octo/api';
import { type TransportType } from '@octo/kernel';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../../plane.ts';
import { workerStyles } from '../worker-input.ts';

/** Every style that a worker may have, with the form of its endpoint: `octo worker add` makes its flags of it. */
export function styleRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/octo/styles', async () => {
    const spoken = plane.plugins.flatMap(({ plugin }) => plugin.transports ?? []);
    return workerStyles(plane)
      .map((style) => {
        const type = spoken.find((it) => it.style === style);
        return type ? spokenStyle(type) : OCTOPUS_STYLES.find((it) => it.Style === style);
      })
      .filter((it) => it !== undefined);
  });
}

function spokenStyle({ style, word, reach, endpoint }: TransportType): WorkerStyle {
  const schema = endpoint['~standard'].jsonSchema.input({ target: 'draft-2020-12' }) as EndpointSchema; // an object's schema, by contract
  return { Style: style, Word: word, IsSpoken: true, Reach: reach, Endpoint: schema };
}
