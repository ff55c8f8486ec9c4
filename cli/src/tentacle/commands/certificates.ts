import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Identity } from '@octo/halibut';
import { type Command, flag, INSTANCE, type Io, value } from '../command.ts';
import { KnownFailure } from '../errors.ts';
import { writeWhole } from '../files.ts';
import { format } from '../format.ts';
import { type Values } from '../parse.ts';
import { opened, RESTART } from './shared.ts';

export const newCertificate: Command = {
  name: 'new-certificate',
  about: 'Makes a certificate, by which servers know this machine.',
  options: [
    ...INSTANCE,
    flag('if-blank|b', 'only if there is none yet'),
    value('export-file|e', 'write it there in base64, and leave the configuration as it is'),
    value('export-pfx', 'write it there as PKCS#12, and leave the configuration as it is'),
    value('pfx-password', 'password of that file'),
  ],
  async run(values, io) {
    const [file, pfx] = [values.text('export-file'), values.text('export-pfx')];
    const isExport = (file ?? pfx) !== undefined;
    if (file && pfx)
      throw new KnownFailure('Invalid command: --export-file and --export-pfx cannot be specified together');
    if (isExport && values.has('if-blank'))
      throw new KnownFailure('Invalid command: --if-blank and an export cannot be specified together');
    const settings = isExport ? undefined : opened(values, io);
    if (settings && values.has('if-blank') && settings.get('Tentacle.Certificate') !== undefined)
      return io.line('A certificate already exists, no changes will be applied.');
    const { newIdentity } = await import('../certificate.ts');
    const identity = await newIdentity(Date.now());
    await exportTo(identity, values, io);
    if (settings) {
      await settings.setCertificate(identity);
      settings.save();
    }
    io.line(
      `A new certificate has been generated and ${file || pfx ? `written to ${file ?? pfx}` : 'installed'}. Thumbprint:`,
    );
    io.line(identity.thumbprint); // alone, for programs
    if (settings) io.line(RESTART);
  },
};

async function exportTo(identity: Identity, values: Values, io: Io): Promise<void> {
  const { toPfx } = await import('../certificate.ts');
  const [plain, pfx] = [values.text('export-file'), values.text('export-pfx')];
  if (plain) writeWhole(resolve(io.cwd, plain), `\uFEFF${(await toPfx(identity)).toString('base64')}`); // with BOM (7.9)
  if (pfx) writeWhole(resolve(io.cwd, pfx), await toPfx(identity, values.get('pfx-password') ?? ''));
}

export const importCertificate: Command = {
  name: 'import-certificate',
  about: 'Takes over a certificate that was made elsewhere.',
  options: [
    ...INSTANCE,
    value('from-file|f', 'a .pfx file, or one that new-certificate --export-file wrote'),
    value('from-base64|b', 'the same as text'),
    value('pfx-password|pw', 'password of the .pfx file'),
    flag('from-registry|r', 'of old Windows versions; refused'),
  ],
  async run(values, io) {
    const settings = opened(values, io);
    if (values.has('from-registry')) throw new KnownFailure('There is no registry on this machine.');
    const [file, text] = [values.text('from-file'), values.text('from-base64')];
    if (file === undefined && text === undefined)
      throw new KnownFailure('Name the certificate: --from-file=PATH or --from-base64=TEXT');
    const bytes = file === undefined ? Buffer.from(text ?? '') : read(resolve(io.cwd, file));
    const { fromPfx } = await import('../certificate.ts');
    const identity = await fromPfx(unwrapped(bytes), values.get('pfx-password') ?? '').catch((error: unknown) => {
      throw new KnownFailure(`The certificate cannot be read: ${(error as Error).message}. Is the password right?`);
    });
    await settings.setCertificate(identity);
    settings.save();
    io.line(`The certificate was imported. Thumbprint: ${identity.thumbprint}`);
    io.line(RESTART);
  },
};

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw new KnownFailure(`The file ${path} cannot be read.`);
  }
}
/** PKCS#12 begins with 0x30; everything else is base64 of it. */
function unwrapped(bytes: Buffer): Buffer {
  if (bytes[0] === 0x30 && bytes[1] === 0x82) return bytes;
  return Buffer.from(bytes.toString('utf8').replaceAll(/[\uFEFF\s]/g, ''), 'base64');
}

export const showThumbprint: Command = {
  name: 'show-thumbprint',
  about: 'Shows the thumbprint of the certificate, and nothing else.',
  options: [
    ...INSTANCE,
    value('format', 'text or json'),
    value('export-file|e', 'write it there, and nothing on the console'),
    flag('thumbprint-only', 'accepted; it is always alone'),
  ],
  async run(values, io) {
    const wanted = format(values);
    const settings = opened(values, io);
    const thumbprint = (await settings.certificate())?.thumbprint ?? null;
    const text = wanted === 'json' ? JSON.stringify({ Thumbprint: thumbprint }) : (thumbprint ?? '');
    const file = values.text('export-file');
    if (file) writeWhole(resolve(io.cwd, file), text, 0o644);
    else io.write(text);
  },
};
