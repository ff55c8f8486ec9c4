import { asIs, wireForm } from '../wire-form.ts';
import { type Links } from './collection.ts';

/** A server process, as official clients know it. Source: rest.md 2.2. */
export interface OctopusNode {
  readonly id: string;
  readonly name: string;
  readonly maxConcurrentTasks: number;
  readonly isInMaintenanceMode: boolean;
  readonly links: Links;
}
export const octopusNodeForm = wireForm<OctopusNode>(
  asIs('id', 'name', 'maxConcurrentTasks', 'isInMaintenanceMode', 'links'),
);

export interface ClusterSummary {
  readonly nodes: readonly (OctopusNode & {
    readonly lastSeen: string;
    readonly isOffline: boolean;
    readonly runningTaskCount: number;
  })[];
  readonly links: Links;
}
export const clusterSummaryForm = wireForm<ClusterSummary>({
  nodes: [
    {
      ...asIs('id', 'name', 'maxConcurrentTasks', 'isInMaintenanceMode', 'lastSeen'),
      ...asIs('isOffline', 'runningTaskCount', 'links'),
    },
  ],
  ...asIs('links'),
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
export const nodeForm = wireForm<NodeResource>(
  asIs('id', 'name', 'kind', 'taskCap', 'runningTasks', 'lastSeen', 'isAlive'),
);

/** What may be changed of a node. */
export interface TaskCapRequest {
  readonly taskCap: number;
}
export const taskCapForm = wireForm<TaskCapRequest>(asIs('taskCap'));
