/** Who changes something, and by what. */
export interface Actor {
  /** `Users-1`. */
  readonly userId: string;
  readonly username: string;
  readonly isService: boolean;
  /** How the server knows: `API key API-ABC…`, `sign-in`, `local key`. */
  readonly establishedBy: string;
  readonly userAgent: string;
  readonly ipAddress: string | null;
}

/** One member of a document before and after. Secrets appear only as changed (R235). */
export interface Difference {
  readonly member: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What happened, as the audit keeps it (R235, R236). Events are never changed. */
export interface NewEvent {
  /** Null: of the whole installation. */
  readonly spaceId: string | null;
  /** `Created`, `Modified`, `Deleted`, `MachineHealthy` … */
  readonly category: string;
  readonly actor: Actor;
  readonly atMs: number;
  readonly message: string;
  /** `Worker`, `WorkerPool` … of the first document below. */
  readonly documentType: string;
  /** Ids of the documents that it is about, the most important one first. */
  readonly documentIds: readonly string[];
  readonly differences: readonly Difference[];
}
export interface AuditEvent extends NewEvent {
  /** `Events-7`. */
  readonly id: string;
}

/** The server itself, where nobody asked for a change. */
export const SYSTEM_ACTOR: Actor = {
  userId: 'users-system',
  username: 'system',
  isService: true,
  establishedBy: 'the server itself',
  userAgent: 'octo',
  ipAddress: null,
};

/** Members that differ, by name; nested ones as a whole. */
export function differences(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly Difference[] {
  const members = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...members]
    .filter((member) => JSON.stringify(before[member]) !== JSON.stringify(after[member]))
    .map((member) => ({ member, before: before[member] ?? null, after: after[member] ?? null }));
}
