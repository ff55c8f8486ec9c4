/** One word of a shell, whatever is in it. NUL cannot be in a word. */
export function word(text: string): string {
  return /^[A-Za-z0-9_./=:,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** What one printf is given at most: systems whose printf is a program of its own allow 128 KiB a word. */
const PIECE_BYTES = 24 * 1024;

/** Commands that write these bytes, whatever they are, into a file; `file` is shell text. */
export function writing(bytes: Uint8Array, file: string): readonly string[] {
  if (bytes.length === 0) return [`true > ${file}`];
  const commands: string[] = [];
  for (let at = 0; at < bytes.length; at += PIECE_BYTES)
    commands.push(`printf '${literal(bytes.subarray(at, at + PIECE_BYTES))}' ${at === 0 ? '>' : '>>'} ${file}`);
  return commands;
}

/** A format of printf that makes these bytes; only plain ASCII stands for itself. */
function literal(bytes: Uint8Array): string {
  let text = '';
  let from = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    const escape = escapeOf(byte, at === 0);
    if (escape === undefined) continue;
    text += ascii(bytes, from, at) + escape;
    from = at + 1;
  }
  return text + ascii(bytes, from, bytes.length);
}

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1');
}

function escapeOf(byte: number, isFirst: boolean): string | undefined {
  if (byte === 0x25) return '%%';
  if (byte === 0x5c) return '\\\\';
  if (byte === 0x0a) return undefined;
  const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x27 && !(isFirst && byte === 0x2d);
  return isPlain ? undefined : `\\${byte.toString(8).padStart(3, '0')}`;
}
