import { wireForm } from '../wire-form.ts';
import { each, bool, instant, int, list, oneOf, str, strMap } from '../wire-shape.ts';
import { type Links } from './collection.ts';

/** A server process, as official clients know it. Source: rest.md 2.2. */
export interface OctopusNode {
  readonly id: string;
  readonly name: string;
  readonly maxConcurrentTasks: number;
  readonly isInMaintenanceMode: boolean;
  readonly links: Links;
}
const octopusNode = { ...each(str, 'id', 'name'), maxConcurrentTasks: int, isInMaintenanceMode: bool, links: strMap };
export const octopusNodeForm = wireForm<OctopusNode>(octopusNode);

export interface ClusterSummary {
  readonly nodes: readonly (OctopusNode & {
    readonly lastSeen: string;
    readonly isOffline: boolean;
    readonly runningTaskCount: number;
  })[];
  readonly links: Links;
}
export const clusterSummaryForm = wireForm<ClusterSummary>({
  nodes: list({ ...octopusNode, lastSeen: instant, isOffline: bool, runningTaskCount: int }),
  links: strMap,
});

/** octo's own: every process that opened the plane, the in-process ones too. */
export interface NodeResource {
  readonly id: string;
  readonly name: string;
  readonly kind: 'server' | 'in-process';
  readonly taskCap: number;
  readonly runningTasks: number;
  readonly lastSeen: string;
  readonly isAlive: boolean;
}
export const nodeForm = wireForm<NodeResource>({
  ...each(str, 'id', 'name'),
  kind: oneOf('server', 'in-process'),
  ...each(int, 'taskCap', 'runningTasks'),
  lastSeen: instant,
  isAlive: bool,
});

/** What may be changed of a node. */
export interface TaskCapRequest {
  readonly taskCap: number;
}
export const taskCapForm = wireForm<TaskCapRequest>({ taskCap: int });
