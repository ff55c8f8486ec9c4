// Ports of what is administered: documents, the audit, keys, spaces. See ports.ts.
import { token } from '@octo/kernel';
import { type Document, type DocumentChange, type NewDocument } from './model/document.ts';
import { type AuditEvent, type NewEvent } from './model/event.ts';

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

export const Documents = token<Documents>('octo.plane.Documents');
export const Events = token<Events>('octo.plane.Events');
export const ApiKeys = token<ApiKeys>('octo.plane.ApiKeys');
export const Spaces = token<Spaces>('octo.plane.Spaces');
