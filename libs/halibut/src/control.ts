import { protocolError } from './errors.ts';
import { readLine, type Wire } from './wire.ts';

// The alphabet of halibut.md section 2. The preamble is sent in its CRLF form, which every peer takes.
export const PREAMBLE = Buffer.from('MX\r\n\r\n');
export const NEXT = Buffer.from('NEXT\r\n');
export const PROCEED = Buffer.from('PROCEED\r\n');
export const END = Buffer.from('END\r\n');
/** A multiplexed conversation is offered, and taken, behind the words that stock peers read and nothing more (2.3). Ours. */
export const MUX_OFFER = 'octo-mux/1';

const LINE_BYTES = 8 * 1024;

export type Identification =
  | { readonly word: 'MX-CLIENT'; readonly offersMux: boolean }
  | { readonly word: 'MX-SERVER'; readonly offersMux: boolean }
  | { readonly word: 'MX-SUBSCRIBER'; readonly uri: string; readonly offersMux: boolean };

/** Line and empty line in one piece: peers of old read them so (2.3). */
export function identityBlock(word: Identification['word'], more: readonly string[] = []): Buffer {
  return Buffer.from(`${[word, '1.0', ...more].join(' ')}\r\n\r\n`);
}

/** Reads one identity block. Undefined when the peer left instead. */
export async function readIdentity(wire: Wire, limitMs: number): Promise<Identification | undefined> {
  const line = await readLine(wire, LINE_BYTES, limitMs);
  if (line === undefined) return undefined;
  const after = await readLine(wire, LINE_BYTES, limitMs);
  if (after === undefined) return undefined;
  if (after !== '') throw protocolError(`${wire.peer} wrote '${clip(line)}', and the following line was not empty`);
  return parseIdentity(line, wire.peer);
}

export function parseIdentity(line: string, peer: string): Identification {
  const [word, , ...rest] = line.split(' ').filter((part) => part !== '');
  const offersMux = rest.includes(MUX_OFFER);
  if (word === 'MX-CLIENT' || word === 'MX-SERVER') return { word, offersMux };
  if (word !== 'MX-SUBSCRIBER') throw protocolError(`${peer} wrote '${clip(line)}' in place of an identity`);
  const [uri = ''] = rest;
  if (!URL.canParse(uri)) throw protocolError(`${peer} subscribes to '${clip(uri)}', which is no URI`);
  return { word, uri: subscriptionUri(uri), offersMux };
}

/** Scheme and host in lower case, with the slash at the end: as subscriptions are compared (8.1). */
export function subscriptionUri(uri: string): string {
  const { protocol, host, pathname } = new URL(uri.trim());
  return `${protocol}//${host.toLowerCase()}${pathname === '' ? '/' : pathname}`.toLowerCase();
}

/** The next control line that is not empty (2.4). Undefined when the peer left. */
export async function readControl(wire: Wire, limitMs: number): Promise<string | undefined> {
  for (;;) {
    const line = await readLine(wire, LINE_BYTES, limitMs);
    if (line !== '') return line;
  }
}

/** True for NEXT, false for END or a peer that left. */
export async function readNext(wire: Wire, limitMs: number): Promise<boolean> {
  const line = await readControl(wire, limitMs);
  if (line === undefined || line === 'END') return false;
  if (line === 'NEXT') return true;
  throw protocolError(`${wire.peer} wrote '${clip(line)}' in place of NEXT`);
}

export async function readProceed(wire: Wire, limitMs: number): Promise<void> {
  const line = await readControl(wire, limitMs);
  if (line === undefined) throw wire.lost();
  if (line !== 'PROCEED') throw protocolError(`${wire.peer} wrote '${clip(line)}' in place of PROCEED`);
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
