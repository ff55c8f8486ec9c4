/** Columns of the terminal; endless where output goes elsewhere, so that a line stays a line for grep and its like. */
export function screenWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : Infinity;
}

/** With less room than this a column is not readable, wrapped or not. */
const LEAST = 40;

/**
 * Text for a place `indent` columns from the left: lines end between words before `columns`, and go on below their
 * beginning. A word that is longer than a line stands alone.
 */
export function wrap(text: string, columns: number, indent: number): string {
  const room = columns - indent;
  const lines = room < LEAST ? text.split('\n') : text.split('\n').flatMap((line) => broken(line, room));
  return lines.join(`\n${' '.repeat(indent)}`);
}

function broken(line: string, room: number): readonly string[] {
  if (line.length <= room) return [line];
  const lines: string[] = [];
  for (const word of line.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
