// Ports of what is administered: documents, the audit, keys, spaces. See ports.ts.
import { token } from '@octo/kernel';
import { type Document, type DocumentChange, type NewDocument } from './model/document.ts';
import { type AuditEvent, type NewEvent } from './model/event.ts';
import { type Worker } from './model/worker.ts';

export interface Page<T> {
  readonly items: readonly T[];
  readonly total: number;
}

/** What the audit writes beside a change, in the same transaction; made from what the change has made. */
export type Audit<T> = (made: T) => NewEvent;

/** Resources that are only kept and looked up; see {@link Document}. */
export interface Documents {
  /** By name. `spaceId` null: those of the installation; absent: all. */
  list(kind: string, spaceId?: string | null): Promise<readonly Document[]>;
  get(kind: string, id: string): Promise<Document | undefined>;
  /** Decrypted texts of its secret members, by name. */
  secretsOf(kind: string, id: string): Promise<Readonly<Record<string, string>>>;
  /** ConflictError OCTO_DOCUMENT_NAME where the name is taken. */
  add(document: NewDocument, audit: Audit<Document>): Promise<Document>;
  /** ConflictError OCTO_DOCUMENT_STALE where `version` is not the stored one any more. */
  update(
    which: Pick<Document, 'kind' | 'id' | 'version'>,
    change: DocumentChange,
    audit: Audit<Document>,
  ): Promise<Document>;
  remove(which: Pick<Document, 'kind' | 'id'>, audit: Audit<Document>): Promise<void>;
}

export interface EventFilter {
  /** Of these spaces; null among them: of the installation. Absent: all. */
  readonly spaceIds?: readonly (string | null)[];
  /** About one of these documents. */
  readonly regarding?: readonly string[];
  readonly categories?: readonly string[];
  readonly userIds?: readonly string[];
  readonly documentTypes?: readonly string[];
  readonly fromMs?: number;
  readonly toMs?: number;
  /** By number of the event, both inclusive. */
  readonly fromNumber?: number;
  readonly toNumber?: number;
  readonly skip: number;
  readonly take: number;
}
/** The audit (R235): who changed what, when. */
export interface Events {
  /** Newest first. */
  list(filter: EventFilter): Promise<Page<AuditEvent>>;
  get(eventId: string): Promise<AuditEvent | undefined>;
  /** For what is no change of a stored document: a cancelled task, say. */
  add(event: NewEvent): Promise<void>;
  /** Delete events that happened before then; answers with how many. */
  sweep(beforeMs: number): Promise<number>;
}

export interface ApiKey {
  readonly id: string;
  /** Whose it is: `Users-1`. */
  readonly userId: string;
  readonly purpose: string;
  /** First characters, for people to recognise it by. */
  readonly hint: string;
  readonly createdAtMs: number;
  /** Not good from then on. Absent: for ever. */
  readonly expiresAtMs?: number;
}
export interface ApiKeys {
  /** Store the hash of a key. */
  add(key: Omit<ApiKey, 'id'> & { readonly hash: string }, audit?: Audit<ApiKey>): Promise<ApiKey>;
  /** Whatever has that hash, expired or not. */
  find(hash: string): Promise<ApiKey | undefined>;
  list(userId: string): Promise<readonly ApiKey[]>;
  remove(keyId: string, audit: Audit<ApiKey>): Promise<void>;
  count(): Promise<number>;
}

/** Tenant boundary of workers, pools and policies (R33). */
export interface SpaceRecord {
  /** `Spaces-1`. */
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly isDefault: boolean;
  readonly description: string;
  /** No task of it is taken while true. */
  readonly isQueueStopped: boolean;
  /** Teams and users that manage it. */
  readonly managerTeamIds: readonly string[];
  readonly managerUserIds: readonly string[];
  readonly modifiedAtMs: number;
}
export interface Spaces {
  /** By name. */
  list(): Promise<readonly SpaceRecord[]>;
  add(space: Omit<SpaceRecord, 'id'>, audit: Audit<SpaceRecord>): Promise<SpaceRecord>;
  update(space: SpaceRecord, audit: Audit<SpaceRecord>): Promise<SpaceRecord>;
  /** With everything in it. Refused while its queue is not stopped, while it has tasks that are not over, and for the default space. */
  remove(space: SpaceRecord, audit: Audit<SpaceRecord>): Promise<void>;
}

/** What a machine brings to join by itself (I16). The token lies among the documents, as kind `jointokens`. */
export interface Joining {
  readonly tokenId: string;
  /** Of the secret, as {@link JoinTokenMembers} keeps it. */
  readonly hash: string;
  readonly thumbprint: string;
  readonly nowMs: number;
}
export interface JoinTokenMembers {
  /** SHA-256 of the secret, lower-case hex. */
  readonly Hash: string;
  readonly ExpiresMs: number;
  readonly PoolIds: readonly string[];
  readonly MachinePolicyId: string;
  /** How many machines may join. */
  readonly Count: number;
  readonly Joined: readonly { readonly WorkerId: string; readonly Thumbprint: string; readonly AtMs: number }[];
}
export interface JoinTokens {
  /**
   * Use a token up by one and add the worker, both or neither. A machine that asks again (its answer was lost) gets the
   * worker that it became; that uses up nothing. SecurityError OCTO_JOIN_TOKEN where the token is wrong, expired or used
   * up; a ConflictError of the worker leaves the token as it was.
   */
  join(
    joining: Joining,
    worker: Omit<Worker, 'id'>,
    audit: Audit<Worker>,
  ): Promise<{ readonly worker: Worker; readonly isNew: boolean }>;
}
export const JOIN_TOKENS = 'jointokens';

export const Documents = token<Documents>('octo.plane.Documents');
export const JoinTokens = token<JoinTokens>('octo.plane.JoinTokens');
export const Events = token<Events>('octo.plane.Events');
export const ApiKeys = token<ApiKeys>('octo.plane.ApiKeys');
export const Spaces = token<Spaces>('octo.plane.Spaces');
