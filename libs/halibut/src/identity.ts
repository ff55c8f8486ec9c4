// The certificate library wants its polyfill first, and is loaded only where a certificate is made.
import { createHash, type webcrypto, X509Certificate } from 'node:crypto';

/** Who one is on this wire: a self-signed certificate whose thumbprint the other side holds (halibut.md 1.3). */
export interface Identity {
  readonly certificatePem: string;
  /** PKCS#8. */
  readonly privateKeyPem: string;
  /** SHA-1 of the whole certificate, 40 upper-case hexadecimal digits. */
  readonly thumbprint: string;
}

const DAY_MS = 86_400_000;
const LIFE_MS = 100 * 365 * DAY_MS;

/** RSA-2048, SHA-256, valid from yesterday for a hundred years, as real ones are. */
export async function createIdentity(options: {
  readonly commonName: string;
  readonly nowMs: number;
}): Promise<Identity> {
  await import('reflect-metadata');
  const { X509CertificateGenerator } = await import('@peculiar/x509');
  const signingAlgorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2048,
  };
  const keys = (await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair; // asked for a pair
  const today = Math.floor(options.nowMs / DAY_MS) * DAY_MS;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${options.commonName}`,
    notBefore: new Date(today - DAY_MS),
    notAfter: new Date(today + LIFE_MS),
    signingAlgorithm,
    keys,
  });
  const certificatePem = `${certificate.toString('pem').trim()}\n`;
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const lines = key.match(/.{1,64}/g)?.join('\n') ?? '';
  return {
    certificatePem,
    privateKeyPem: `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`,
    thumbprint: thumbprintOf(certificatePem),
  };
}

/** Of a certificate in PEM or DER. Case counts for .NET: always upper (1.3). */
export function thumbprintOf(certificate: string | Uint8Array): string {
  const der = typeof certificate === 'string' ? new X509Certificate(certificate).raw : certificate;
  return createHash('sha1').update(der).digest('hex').toUpperCase();
}

/** `expected` is a thumbprint: SHA-1 of 40 digits, as all Tentacles use, or SHA-256 of 64. Case does not count. */
export function isThumbprintOf(expected: string, certificate: Uint8Array): boolean {
  const digest = createHash(expected.length === 64 ? 'sha256' : 'sha1')
    .update(certificate)
    .digest('hex');
  return digest === expected.toLowerCase();
}
