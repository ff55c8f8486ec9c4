import { type Session } from '@octo/kernel';
import { type Limits } from '../limits.ts';
import { type Scribe } from '../log/scribe.ts';
import { type Claim } from '../model/task.ts';
import { type Waits } from './waits.ts';
import { type ArtifactStore, type Journal } from '../ports.ts';

export interface Collecting {
  readonly session: Session;
  readonly journal: Journal;
  readonly store: ArtifactStore;
  readonly scribe: Scribe;
  readonly limits: Limits;
  readonly waits: Waits;
  readonly claim: Claim;
  readonly activityId: string;
}

/** Fetch what the action declared and is not here yet. A missing file is a warning, never a failure (calamari.md 2.2). */
export async function collectArtifacts(c: Collecting, action: number, signal: AbortSignal): Promise<void> {
  const declared = await c.journal.artifacts(c.claim.taskId);
  for (const artifact of declared.filter((a) => a.action === action && a.sizeBytes === undefined)) {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(c.limits.artifactMs)]);
    const content = await c.waits.during(c.activityId, 'artifact', `artifact ${artifact.name}`, async () => {
      const bytes = await c.session.download(artifact.path, limit);
      if (bytes) await c.store.put(c.claim, artifact.id, bytes, limit);
      return bytes;
    });
    const text = content
      ? `Collected artifact ${artifact.name} (${content.sizeBytes} bytes)`
      : `Artifact ${artifact.name} was not found at ${artifact.path}`;
    c.scribe.line(c.activityId, content ? 'Verbose' : 'Warning', text);
  }
}
