/**
 * A resource that the plane only keeps and looks up: a machine policy, an account, a proxy, a user, a team. Members have
 * their wire names, and those that nobody here knows stay as they came.
 */
export interface Document {
  /** Name of the collection in lower case: `machinepolicies`. */
  readonly kind: string;
  /** `MachinePolicies-3`. Ids are compared without case. */
  readonly id: string;
  /** Null: of the whole installation. */
  readonly spaceId: string | null;
  /** Unique among its kind in its space, case aside. */
  readonly name: string;
  readonly slug: string;
  /** 1 for a new one; each change adds one. */
  readonly version: number;
  readonly members: Readonly<Record<string, unknown>>;
  /** Names of the members that are kept sealed: `Password`. Their texts come by `secretsOf` alone. */
  readonly secretNames: readonly string[];
  readonly modifiedAtMs: number;
  /** User name. */
  readonly modifiedBy: string;
}

/** What a change brings. `secrets`: texts to keep; null deletes one; those that are not named stay. */
export interface DocumentChange {
  readonly name: string;
  readonly slug: string;
  readonly members: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, string | null>>;
}
export interface NewDocument extends DocumentChange {
  readonly kind: string;
  readonly spaceId: string | null;
  /** First part of its id: `MachinePolicies`. */
  readonly prefix: string;
  /** A fixed id, instead of the next number: `teams-everyone`. */
  readonly id?: string;
}
