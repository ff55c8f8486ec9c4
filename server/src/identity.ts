import { type Clock } from '@octo/kernel';
import { type Documents, SYSTEM_ACTOR } from '@octo/plane';
import { type webcrypto, X509Certificate } from 'node:crypto';

/** The server as agents know it: a self-signed certificate whose thumbprint they pin (rest.md 2.2, halibut.md 1.3). */
export interface Identity {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** SHA-1, 40 capital hexadecimal digits. */
  readonly thumbprint: string;
}

const ID = 'certificate-global';
const YEARS = 100;

/** Made once per installation, at the first start, and kept sealed; all nodes of a cluster share it. */
export async function openIdentity(documents: Documents, clock: Clock): Promise<Identity> {
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
    .catch(() => {}); // another node was first; what stands there counts
  return (await read(documents)) ?? made;
}

export async function read(documents: Documents): Promise<Identity | undefined> {
  const document = await documents.get('serverkeys', ID);
  if (!document) return undefined;
  const { Key: privateKeyPem = '' } = await documents.secretsOf('serverkeys', ID);
  const certificatePem = String(document.members['CertificatePem']);
  return { certificatePem, privateKeyPem, thumbprint: String(document.members['Thumbprint']) };
}

/**
 * RSA-2048, SHA-256, as real servers and agents have it. The library is loaded this one time; the polyfill that it wants
 * (reflect-metadata) came with the kernel's services.
 */
async function make(nowMs: number): Promise<Identity> {
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
