import { type Identity, thumbprintOf } from '@octo/halibut';
import { createPrivateKey, X509Certificate } from 'node:crypto';

// PKCS#12 in and out: the form in which Tentacles keep and exchange certificates (halibut.md 1.3). The library is big, and
// is loaded where one is read or written.

export async function newIdentity(nowMs: number): Promise<Identity> {
  const { createIdentity } = await import('@octo/halibut');
  return createIdentity({ commonName: 'Octopus Tentacle', nowMs });
}

/** 3DES, which every .NET reads. Without a password it is made as .NET makes it: with none, which is not the empty one. */
export async function toPfx({ certificatePem, privateKeyPem }: Identity, password = ''): Promise<Buffer> {
  const { default: forge } = await import('node-forge');
  const key = forge.pki.privateKeyFromPem(privateKeyPem);
  const certificate = forge.pki.certificateFromPem(certificatePem);
  const asn1 = forge.pkcs12.toPkcs12Asn1(key, [certificate], password || null, { algorithm: '3des' });
  return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'binary');
}

/** Throws when it is none, or the password is another. */
export async function fromPfx(bytes: Uint8Array, password = ''): Promise<Identity> {
  const { default: forge } = await import('node-forge');
  const asn1 = forge.asn1.fromDer(forge.util.createBuffer(Buffer.from(bytes).toString('binary')));
  const open = (one: string | null) => forge.pkcs12.pkcs12FromAsn1(asn1, false, one as string); // null is allowed, whatever its type says
  // PKCS#12 tells none (.NET, and so the real Tentacle) from an empty one (OpenSSL); whoever gives none means either.
  const pfx = password === '' ? orElse(() => open(''), () => open(null)) : open(password); // prettier-ignore
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

function orElse<T>(open: () => T, again: () => T): T {
  try {
    return open();
  } catch {
    return again();
  }
}
