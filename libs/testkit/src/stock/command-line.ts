/** Splits a command line as .NET does: double quotes group, a backslash counts only in front of one (halibut.md 7.3). */
export function splitArguments(line: string): string[] {
  const found: string[] = [];
  for (let at = skipSpaces(line, 0); at < line.length; at = skipSpaces(line, at)) {
    const one = nextArgument(line, at);
    found.push(one.text);
    at = one.end;
  }
  return found;
}

function skipSpaces(line: string, from: number): number {
  let at = from;
  while (line[at] === ' ' || line[at] === '\t') at += 1;
  return at;
}

function nextArgument(line: string, from: number): { readonly text: string; readonly end: number } {
  let text = '';
  let isQuoted = false;
  let at = from;
  while (at < line.length) {
    const slashes = /^\\*/.exec(line.slice(at))![0].length; // matches the empty text too
    at += slashes;
    if (slashes > 0 && line[at] === '"') {
      text += '\\'.repeat(slashes >> 1);
      if (slashes % 2 === 1) {
        text += '"';
        at += 1;
      }
    } else if (slashes > 0) {
      text += '\\'.repeat(slashes);
    } else if (line[at] === '"' && isQuoted && line[at + 1] === '"') {
      text += '"';
      at += 2;
    } else if (line[at] === '"') {
      isQuoted = !isQuoted;
      at += 1;
    } else if (!isQuoted && /[ \t]/.test(line[at] ?? '')) {
      break;
    } else {
      text += line[at] ?? '';
      at += 1;
    }
  }
  return { text, end: at };
}
