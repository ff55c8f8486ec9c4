// Counts both sides: every OCTO_ code that the sources throw stands in docs/errors.md, and the other way round.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const CODE = /['"`](OCTO_[A-Z0-9]+(?:_[A-Z0-9]+)*)['"`]/g;
/** Settings and files, not errors. */
const NOT_ERRORS =
  /^OCTO_(URL|API_KEY|DATA|HOME|PORT|HOST|COMMS_PORT|COMMS_HOST|CONFIG|TASK_CAP|BUILTIN_WORKER|LOG_LEVEL|MASTER_KEY|TICKET|SPACE|FAIL|SCRIPT_USER|NODE_RUNTIMES|PLUGINS_ALLOW|TLS_CERT|TLS_KEY|TRUST_PROXY|DB|TENTACLE_JOIN|TENTACLE_PROBATION|TENTACLE_SWITCHED|SYSTEMD_FOLDER|SECRET_.*)$/;

const thrown = new Map<string, string>();
for (const file of globSync('{libs,plugins}/*/src/**/*.ts', { cwd: root })
  .concat(globSync('{cli,server}/src/**/*.ts', { cwd: root }))
  .filter((f) => !/\.(test|fixture)\.ts$/.test(f) && !f.includes('testkit'))) {
  for (const [, code] of readFileSync(join(root, file), 'utf8').matchAll(CODE))
    if (code && !NOT_ERRORS.test(code)) thrown.set(code, file);
}
const listed = new Set(
  [...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| `(OCTO_[A-Z0-9_]+)`/gm)].map((m) => m[1]!),
);

const faults = [
  ...[...thrown]
    .filter(([code]) => !listed.has(code))
    .map(([code, file]) => `${file}: ${code} is not in docs/errors.md`),
  ...[...listed].filter((code) => !thrown.has(code)).map((code) => `docs/errors.md: ${code} is thrown nowhere`),
];
console.log(faults.length ? faults.join('\n') : `errors: ${listed.size} codes, all listed`);
process.exitCode = faults.length ? 1 : 0;
