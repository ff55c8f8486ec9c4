import { createHash } from 'node:crypto';
import { type ServerHostKeyAlgorithm } from 'ssh2';

/** A host key as a person compares it. */
export interface HostKey {
  /** `ssh-ed25519` */
  readonly type: string;
  /** As OpenSSH shows it: `SHA256:…`, base64 without padding. */
  readonly sha256: string;
  /** As Octopus shows it: 16 pairs of hexadecimal digits with colons (R139). */
  readonly md5: string;
}

export function hostKeyOf(blob: Buffer): HostKey {
  const md5 = createHash('md5').update(blob).digest('hex');
  return {
    type: blob.toString('latin1', 4, 4 + blob.readUInt32BE(0)),
    sha256: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`,
    md5: (md5.match(/../g) ?? []).join(':'),
  };
}

/** Whether a fingerprint in any usual form is that of the key: `SHA256:…`, `MD5:aa:bb:…`, `aa:bb:…`, with or without padding. */
export function isOf(fingerprint: string, key: HostKey): boolean {
  const wanted = fingerprint.trim();
  const bare = wanted.replace(/^md5:/i, '').replaceAll(':', '').toLowerCase();
  if (/^[0-9a-f]{32}$/.test(bare)) return bare === key.md5.replaceAll(':', '');
  return wanted.replace(/^sha256:/i, '').replace(/=+$/, '') === key.sha256.slice('SHA256:'.length);
}

/**
 * A server has several host keys, and shows the one that is agreed upon: first what we like best, then, where that one is
 * not the one we know, each other kind by itself. Nobody can show a key that he does not have.
 */
export const HOST_KEY_KINDS: readonly (readonly ServerHostKeyAlgorithm[])[] = [
  ['ssh-ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
  ['rsa-sha2-512', 'rsa-sha2-256'],
];
export const ALL_HOST_KEYS = HOST_KEY_KINDS.flat();
