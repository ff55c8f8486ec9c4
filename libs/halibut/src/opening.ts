import { type HalibutLimits } from './limits.ts';
import { type Wire } from './wire.ts';

/** First words of a connection, up to the first empty line (halibut.md 1.4). Undefined: the peer left, or never stopped. */
export async function readOpening(wire: Wire, limits: HalibutLimits): Promise<string | undefined> {
  for (;;) {
    const bytes = wire.peek();
    const end = emptyLine(bytes);
    if (end !== undefined) {
      wire.skip(end);
      return bytes.toString('latin1', 0, end);
    }
    if (bytes.length > limits.identityBytes) return undefined;
    if (!(await wire.more(bytes.length, limits.readWriteMs, 'the preamble'))) return undefined;
  }
}

/** Place behind two LF with nothing but CR between them. */
function emptyLine(bytes: Buffer): number | undefined {
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    let next = at + 1;
    while (bytes[next] === 0x0d) next++;
    if (bytes[next] === 0x0a) return next + 1;
  }
  return undefined;
}

export function isPreamble(opening: string): boolean {
  return opening.startsWith('MX');
}

const PAGE = '<html><body><p>Hello!</p></body></html>';

/** The answer to a browser, a port check or a discovery: status 200 is what registration depends on (1.5, 9.3). */
export async function answerPage(
  wire: Wire,
  {
    page = PAGE,
    pageHeaders = {},
  }: { readonly page?: string; readonly pageHeaders?: Readonly<Record<string, string>> },
  limits: HalibutLimits,
): Promise<void> {
  const lines = [
    'HTTP/1.0 200 OK',
    'Content-Type: text/html; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(page)}`,
    ...Object.entries(pageHeaders).map(([name, value]) => `${name}: ${value}`),
    '',
    page,
    '',
    '',
  ];
  await wire.write(Buffer.from(lines.join('\r\n')), limits.readWriteMs);
}
