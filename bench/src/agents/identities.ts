import { type Identity, thumbprintOf } from '@octo/halibut';
// oxlint-disable-next-line no-restricted-imports -- the certificate library wants its polyfill first
import 'reflect-metadata';
import { X509CertificateGenerator } from '@peculiar/x509';
import { type webcrypto } from 'node:crypto';

/** P-256, as the floor of perf.md was measured: an RSA key would cost both sides the same and hide the difference. */
export async function p256(name: string): Promise<Identity> {
  const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = (await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair; // asked for a pair
  const certificate = await X509CertificateGenerator.createSelfSigned({ name: `CN=${name}`, keys, signingAlgorithm });
  const certificatePem = certificate.toString('pem');
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const privateKeyPem = `-----BEGIN PRIVATE KEY-----\n${key.replace(/(.{64})/g, '$1\n')}\n-----END PRIVATE KEY-----\n`;
  return { certificatePem, privateKeyPem, thumbprint: thumbprintOf(certificatePem) };
}
