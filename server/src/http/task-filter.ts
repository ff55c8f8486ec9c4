import { InputError } from '@octo/kernel';
import { TASK_STATES, type SpaceRecord, type TaskFilter, type TaskState } from '@octo/plane';
import { flag, list, text, type Query } from './collections.ts';
import { isSame } from './filters.ts';

const RUNNING: readonly TaskState[] = ['Executing', 'Cancelling'];
const ACTIVE: readonly TaskState[] = ['Queued', ...RUNNING];
/** What tasks can be asked for by, and none has yet. */
const OF_NO_TASK = ['environment', 'tenant', 'runbook', 'project'];

/** The filters of rest.md 2.10. What no task can match finds nothing, instead of being ignored. */
export function taskFilter(
  query: Query,
  inPath: string | undefined,
  spaces: readonly SpaceRecord[],
): Omit<TaskFilter, 'skip' | 'take'> {
  const wanted = spacesOf(query, inPath, spaces);
  if (wanted.length === 0 || OF_NO_TASK.some((name) => text(query, name) !== undefined)) return { ids: [] };
  if (flag(query, 'hasPendingInterruptions') === true) return { ids: [] };
  const [ids, states, name] = [list(query, 'ids'), statesOf(query), text(query, 'name')];
  const [nodeId, partialName] = [text(query, 'node'), text(query, 'partialName')];
  const hasWarningsOrErrors = flag(query, 'hasWarningsOrErrors');
  return {
    ...(ids && { ids }),
    ...(states && { states }),
    ...(name !== undefined && { name }),
    ...(nodeId !== undefined && { nodeId }),
    ...(partialName !== undefined && { partialName }),
    ...(hasWarningsOrErrors !== undefined && { hasWarningsOrErrors }),
    spaceIds: wanted,
  };
}

function statesOf(query: Query): readonly TaskState[] | undefined {
  const states = list(query, 'states')?.map(stateOf);
  const only = flag(query, 'running') === true ? RUNNING : flag(query, 'active') === true ? ACTIVE : undefined;
  return states && only ? states.filter((state) => only.includes(state)) : (states ?? only);
}

function stateOf(word: string): TaskState {
  const state = TASK_STATES.find((s) => isSame(s, word));
  if (state) return state;
  throw new InputError('OCTO_API_QUERY', `"${word}" is no state of a task`, {
    hint: `choose of: ${TASK_STATES.join(', ')}`,
  });
}

/** The path's space, or those of `spaces`, of those that the asker may see. */
function spacesOf(query: Query, inPath: string | undefined, seen: readonly SpaceRecord[]): readonly string[] {
  const wanted = inPath === undefined ? list(query, 'spaces') : [inPath];
  return seen.map((space) => space.id).filter((id) => !wanted || wanted.some((it) => isSame(it, id)));
}
