import { wireForm } from '../wire-form.ts';
import { each, anything, bool, list, nullable, str, strMap } from '../wire-shape.ts';
import { type Links } from './collection.ts';

/** Who holds an API key. Source: rest.md 2.1. */
export interface UserResource {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly isActive: boolean;
  readonly isService: boolean;
  readonly emailAddress: string | null;
  readonly canPasswordBeEdited: boolean;
  readonly isRequestor: boolean;
  readonly identities: readonly unknown[];
  readonly links: Links;
}
export const userForm = wireForm<UserResource>({
  ...each(str, 'id', 'username', 'displayName'),
  ...each(bool, 'isActive', 'isService', 'canPasswordBeEdited', 'isRequestor'),
  emailAddress: nullable(str),
  identities: list(anything),
  links: strMap,
});
