import { asIs, wireForm } from '../wire-form.ts';
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
export const rootForm = wireForm<RootResource>(
  asIs(
    'application',
    'version',
    'octoVersion',
    'apiVersion',
    'installationId',
    'isEarlyAccessProgram',
    'hasLongTermSupport',
    'links',
  ),
);

/** Root of one space; without versions, by which clients tell it from the other root. */
export interface SpaceRootResource {
  readonly id: string;
  readonly links: Links;
}
export const spaceRootForm = wireForm<SpaceRootResource>(asIs('id', 'links'));
