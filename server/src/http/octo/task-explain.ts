import { explanationForm } from '@octo/api';
import { type FastifyInstance } from 'fastify';
import { type Plane } from '../../plane.ts';
import { taskOf } from '../task-of.ts';

/** GET /api/octo/tasks/{id}/explain: wants, candidates, each with its reason, and what happens next (I1). */
export function taskExplainRoutes(app: FastifyInstance, plane: Plane): void {
  app.get('/api/octo/tasks/:id/explain', async (request) =>
    explanationForm.toWire(await plane.explain(await taskOf(plane, request.params))),
  );
}
