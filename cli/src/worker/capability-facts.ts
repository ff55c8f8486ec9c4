type Facts = readonly (readonly [string, string])[];

/** What checks have found on the machine, for people (I7). */
export function capabilityFacts(found: Readonly<Record<string, unknown>>): Facts {
  const text = (name: string) => (typeof found[name] === 'string' ? found[name] : undefined);
  const number = (name: string) => (typeof found[name] === 'number' ? found[name] : undefined);
  const system = [text('os'), text('osVersion')].filter(Boolean).join(' ') || text('platform');
  const machine = [text('architecture'), count(number('cpus')), bytes(number('memoryBytes'), 'memory')];
  const disk = bytes(number('freeDiskBytes'), 'free');
  const shells = Array.isArray(found['shells']) ? found['shells'].join(', ') : '';
  const version = text('shellVersion');
  const tools = Object.entries((found['tools'] ?? {}) as Readonly<Record<string, string>>); // name and version of each
  const rows: (readonly [string, string | undefined])[] = [
    ['Agent', text('agent')],
    ['System', system],
    ['Machine', machine.filter(Boolean).join(', ')],
    ['Disk', disk],
    ['Shell', version === undefined ? shells : `${shells} ${version}`],
    ['Runs as', text('scriptsRunAs')],
    ['Tools', wrap(tools.map(([name, of]) => (of === '?' ? name : `${name} ${of}`)))],
  ];
  return rows.filter((row): row is readonly [string, string] => row[1] !== undefined && row[1] !== '');
}

function count(cpus: number | undefined): string | undefined {
  return cpus === undefined ? undefined : `${cpus} ${cpus === 1 ? 'processor' : 'processors'}`;
}
const GIB = 1024 ** 3;
function bytes(value: number | undefined, what: string): string | undefined {
  return value === undefined ? undefined : `${(value / GIB).toFixed(1)} GiB ${what}`;
}

/** Lines of some 60 letters. */
function wrap(words: readonly string[]): string {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 58) lines[lines.length - 1] = `${last}, ${word}`;
    else lines.push(word);
  }
  return lines.join(',\n');
}
