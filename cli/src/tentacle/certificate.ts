import { type Identity, thumbprintOf } from '@octo/halibut';
import { createPrivateKey, X509Certificate } from 'node:crypto';

// PKCS#12 in and out: the form in which Tentacles keep and exchange certificates (halibut.md 1.3). The library is big, and
// is loaded where one is read or written.

export async function newIdentity(nowMs: number): Promise<Identity> {
  const { createIdentity } = await import('@octo/halibut');
  return createIdentity({ commonName: 'Octopus Tentacle', nowMs });
}

/** 3DES, which every .NET reads. */
export async function toPfx({ certificatePem, privateKeyPem }: Identity, password = ''): Promise<Buffer> {
  const { default: forge } = await import('node-forge');
  const key = forge.pki.privateKeyFromPem(privateKeyPem);
  const certificate = forge.pki.certificateFromPem(certificatePem);
  const asn1 = forge.pkcs12.toPkcs12Asn1(key, [certificate], password, { algorithm: '3des' });
  return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'binary');
}

/** Throws when it is none, or the password is another. */
export async function fromPfx(bytes: Uint8Array, password = ''): Promise<Identity> {
  const { default: forge } = await import('node-forge');
  const asn1 = forge.asn1.fromDer(forge.util.createBuffer(Buffer.from(bytes).toString('binary')));
  const pfx = forge.pkcs12.pkcs12FromAsn1(asn1, false, password);
  const { certBag = '', pkcs8ShroudedKeyBag = '', keyBag = '' } = forge.pki.oids;
  const bags = (oid: string) => pfx.getBags({ bagType: oid })[oid] ?? [];
  const key = [...bags(pkcs8ShroudedKeyBag), ...bags(keyBag)].find((bag) => bag.key)?.key;
  const certificate = bags(certBag).find((bag) => bag.cert)?.cert;
  if (!key || !certificate) throw new Error('there is no private key with a certificate in it');
  const privateKeyPem = createPrivateKey(forge.pki.privateKeyToPem(key))
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();
  const certificatePem = new X509Certificate(forge.pki.certificateToPem(certificate)).toString();
  return { certificatePem, privateKeyPem, thumbprint: thumbprintOf(certificatePem) };
}
