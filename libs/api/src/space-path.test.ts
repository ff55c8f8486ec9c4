import { expect, test } from 'vitest';
import { pathInSpace } from './space-path.ts';

test.each([
  ['/api/workers/all', '/api/Spaces-2/workers/all'],
  ['/api/workerpools', '/api/Spaces-2/workerpools'],
  ['/api/tasks?take=3', '/api/Spaces-2/tasks?take=3'],
  ['/api/tasks', '/api/Spaces-2/tasks'],
  ['/api/octo/runs', '/api/Spaces-2/octo/runs'],
  ['/api/tasks/ServerTasks-1/raw', '/api/tasks/ServerTasks-1/raw'],
  ['/api/spaces/all', '/api/spaces/all'],
  ['/api/Spaces-1/workers', '/api/Spaces-1/workers'],
  ['/api/octo/nodes', '/api/octo/nodes'],
])('%s becomes %s', (path, expected) => {
  expect(pathInSpace(path, 'Spaces-2')).toBe(expected);
});
