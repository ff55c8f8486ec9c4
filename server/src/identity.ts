import { createIdentity, type Identity as MadeIdentity } from '@octo/halibut';
import { type Clock, type Identity, OctoError, Secret, type ServerIdentity } from '@octo/kernel';
import { type Documents, SYSTEM_ACTOR } from '@octo/plane';

export type MakeIdentity = (nowMs: number) => Promise<MadeIdentity>;

/** The same for all that ask in this process: read, or made, at the first call. */
export function lazyIdentity(documents: Documents, clock: Clock, make: MakeIdentity = makeIdentity): ServerIdentity {
  let opened: Promise<Identity> | undefined;
  return {
    get() {
      opened ??= openIdentity(documents, clock, make).catch((error: unknown) => {
        opened = undefined; // the database may have been away
        throw error;
      });
      return opened;
    },
  };
}

const ID = 'certificate-global';

/** Made once per installation, at the first start, and kept sealed; all nodes of a cluster share it. */
async function openIdentity(documents: Documents, clock: Clock, make: MakeIdentity): Promise<Identity> {
  const known = await read(documents);
  if (known) return known;
  const made = await make(clock.now());
  const event = {
    spaceId: null,
    category: 'Created',
    actor: SYSTEM_ACTOR,
    atMs: clock.now(),
    message: `The identity of the server towards agents was made: ${made.thumbprint}`,
    documentType: 'Certificate',
    documentIds: [ID],
    differences: [],
  };
  const { certificatePem, privateKeyPem, thumbprint } = made;
  const document = { kind: 'serverkeys', prefix: 'serverkeys', id: ID, spaceId: null, name: ID, slug: '' };
  await documents
    .add(
      {
        ...document,
        members: { CertificatePem: certificatePem, Thumbprint: thumbprint },
        secrets: { Key: privateKeyPem },
      },
      () => event,
    )
    .catch((error: unknown) => {
      if (!OctoError.is(error) || error.kind !== 'ConflictError') throw error; // else another node was first; its identity counts
    });
  const stored = await read(documents);
  if (!stored) throw new Error('the identity was stored and is not there');
  return stored;
}

async function read(documents: Documents): Promise<Identity | undefined> {
  const document = await documents.get('serverkeys', ID);
  if (!document) return undefined;
  const { Key: privateKeyPem = '' } = await documents.secretsOf('serverkeys', ID);
  const certificatePem = String(document.members['CertificatePem']);
  const thumbprint = String(document.members['Thumbprint']);
  return { certificatePem, privateKeyPem: new Secret(privateKeyPem), thumbprint };
}

/** As a real server's is named (halibut.md 1.3). */
export const makeIdentity: MakeIdentity = (nowMs) => createIdentity({ commonName: 'Octopus Portal', nowMs });
