import { wireForm } from '../wire-form.ts';
import { each, bool, list, str, strMap } from '../wire-shape.ts';
import { type Links } from './collection.ts';

/** Source: rest.md 2.1. */
export interface SpaceResource {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly isDefault: boolean;
}
export interface OctopusSpace extends SpaceResource {
  readonly description: string;
  readonly taskQueueStopped: boolean;
  readonly spaceManagersTeams: readonly string[];
  readonly spaceManagersTeamMembers: readonly string[];
  readonly lastModifiedOn: string;
  readonly links: Links;
}
export const spaceForm = wireForm<OctopusSpace>({
  ...each(str, 'id', 'name', 'slug', 'description', 'lastModifiedOn'),
  ...each(bool, 'isDefault', 'taskQueueStopped'),
  ...each(list(str), 'spaceManagersTeams', 'spaceManagersTeamMembers'),
  links: strMap,
});
