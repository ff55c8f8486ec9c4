import { wireForm } from '../wire-form.ts';
import { each, bool, str, strMap } from '../wire-shape.ts';
import { type Links } from './collection.ts';

/** What a server says of itself to anybody. Source: rest.md 1.9; `octoVersion` is ours. */
export interface RootResource {
  readonly application: string;
  /** What clients compare: `yyyy.m.patch`. */
  readonly version: string;
  readonly octoVersion: string;
  readonly apiVersion: string;
  /** A UUID. */
  readonly installationId: string;
  readonly isEarlyAccessProgram: boolean;
  readonly hasLongTermSupport: boolean;
  readonly links: Links;
}
export const rootForm = wireForm<RootResource>({
  ...each(str, 'application', 'version', 'octoVersion', 'apiVersion', 'installationId'),
  ...each(bool, 'isEarlyAccessProgram', 'hasLongTermSupport'),
  links: strMap,
});

/** Root of one space; without versions, by which clients tell it from the other root. */
export interface SpaceRootResource {
  readonly id: string;
  readonly links: Links;
}
export const spaceRootForm = wireForm<SpaceRootResource>({ id: str, links: strMap });
