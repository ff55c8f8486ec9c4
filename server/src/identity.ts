import { type Clock, type Identity, OctoError, Secret, type ServerIdentity } from '@octo/kernel';
import { type Documents, SYSTEM_ACTOR } from '@octo/plane';
import { type webcrypto, X509Certificate } from 'node:crypto';

/** As it is made: before it is stored. */
export interface MadeIdentity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  readonly thumbprint: string;
}
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
const YEARS = 100;

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

/**
 * RSA-2048, SHA-256, as real servers and agents have it. The library is loaded this one time; the polyfill that it wants
 * (reflect-metadata) came with the kernel's services.
 */
export async function makeIdentity(nowMs: number): Promise<MadeIdentity> {
  const { X509CertificateGenerator } = await import('@peculiar/x509');
  const signingAlgorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  };
  const keys = (await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair; // asked for a pair
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=Octopus Portal',
    notBefore: new Date(nowMs - 24 * 3_600_000),
    notAfter: new Date(nowMs + YEARS * 365 * 24 * 3_600_000),
    signingAlgorithm,
    keys,
  });
  const certificatePem = certificate.toString('pem');
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const lines = key.match(/.{1,64}/g)?.join('\n') ?? '';
  return {
    certificatePem,
    privateKeyPem: `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`,
    thumbprint: new X509Certificate(certificatePem).fingerprint.replaceAll(':', ''),
  };
}
