import { runLaunch } from '@octo/testkit';
import { OutputParser, VariableSet, type OutputResult, type Variable } from '@octo/variables';
import { expect, test } from 'vitest';
import { makeLaunch } from './launch.ts';

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What the parser makes of stdout. */
  readonly results: readonly OutputResult[];
}

async function run(body: string, variables: readonly Variable[] = []): Promise<Ran> {
  const quiet = { name: 'Octopus.Action.Script.SuppressEnvironmentLogging', value: 'True' };
  const launch = makeLaunch({
    script: { syntax: 'Bash', body },
    variables: new VariableSet([quiet, ...variables]),
    taskId: 'ServerTasks-1',
    isolation: { exclusive: false, mutex: 'RunningScript' },
    fence: 1,
  });
  const ran = await runLaunch(launch);
  const lines = ran.stdout.split('\n').slice(0, ran.stdout.endsWith('\n') ? -1 : undefined);
  return { ...ran, results: new OutputParser().read(lines.map((line) => ({ source: 'StdOut', atMs: 0, text: line }))) };
}
const shown = ({ results }: Ran) => results.flatMap((r) => (r.kind === 'line' ? [`${r.category} ${r.text}`] : []));

/** Attributes of the first message of that name in the raw output. */
function message({ stdout }: Ran, name: string): Record<string, string> {
  const [, inside] = new RegExp(`##octopus\\[${name}( [^\\]]*)?\\]`).exec(stdout) ?? [];
  if (inside === undefined) throw new Error(`no message ${name} in ${stdout}`);
  const attributes = [...inside.matchAll(/ (\w+)='([^']*)'/g)];
  return Object.fromEntries(attributes.map(([, key, value = '']) => [key, Buffer.from(value, 'base64').toString()]));
}

test('set_octopusvariable says any value; an empty one is ignored, as in the original', async () => {
  const values = ['v', ' a  b ', "it's *", 'two\nlines\n', 'ünï 漢字 🐙', '\u0001\u007F', 'x'.repeat(300), '$(id)\\'];
  const body = values.map((_, n) => `set_octopusvariable 'N é' "$(get_octopusvariable V${n}; echo x)"`).join('\n');
  const { results } = await run(
    `${body}\nset_octopusvariable Secret s -sensitive\nset_octopusvariable Empty ''`,
    values.map((value, n) => ({ name: `V${n}`, value })),
  );
  expect(results).toEqual([
    ...values.map((value) => ({ kind: 'setVariable', name: 'N é', value: `${value}x`, sensitive: false })),
    { kind: 'setVariable', name: 'Secret', value: 's', sensitive: true },
  ]);
});

test('encode_servicemessagevalue is base64, and decode_ its inverse', async () => {
  const texts = ['', 'a', 'ab', 'abc', 'a\nb', "'", 'ü', 'x'.repeat(257)];
  for (const each of texts) {
    const { stdout } = await run(
      'e="$(encode_servicemessagevalue "$(get_octopusvariable T; echo x)")"; echo "$e"; decode_servicemessagevalue "$e"',
      [{ name: 'T', value: each }],
    );
    expect(stdout).toBe(`${Buffer.from(`${each}x`).toString('base64')}\n${each}x`);
  }
});

test('write_* print their text as it is, at their level, and fall back', async () => {
  const ran = await run(
    `write_verbose '  a  *  b'; write_highlight "-n"; write_wait 'w'; write_warning 'é\\n%s'; echo normal`,
  );
  expect(shown(ran)).toEqual(['Verbose   a  *  b', 'Highlight -n', 'Wait w', 'Warning é\\n%s', 'Info normal']);
});

test('new_octopusartifact names the physical path; the name is the file unless given', async () => {
  const ran = await run(
    `mkdir 'a b'; printf 12345 > 'a b/r.txt'; ln -s 'a b' link; CDPATH=/tmp
      new_octopusartifact link/r.txt; new_octopusartifact 'a b/r.txt' 'my name'; cd link; new_octopusartifact r.txt`,
  );
  const path = expect.stringMatching(/\/space\/a b\/r\.txt$/);
  expect(ran.results.filter((r) => r.kind === 'createArtifact')).toEqual([
    { kind: 'createArtifact', path, name: 'r.txt' },
    { kind: 'createArtifact', path, name: 'my name' },
    { kind: 'createArtifact', path, name: 'r.txt' },
  ]);
  expect(message(ran, 'createArtifact')['length']).toBe('5');
  expect(shown(ran)[0]).toBe('Info Collecting r.txt as an artifact...');
});

test('an artifact that is not there is an error on stderr and the code 127, nothing else', async () => {
  const ran = await run('new_octopusartifact nowhere.txt; echo "code $?"');
  expect(ran).toMatchObject({ stdout: 'code 127\n', stderr: expect.stringContaining('nowhere.txt'), exitCode: 0 });
});

test('fail_step ends the script and says why', async () => {
  const ran = await run(`fail_step 'the disk is "full"'; echo no`);
  expect(ran.exitCode).toBe(1);
  expect(ran.results).toEqual([{ kind: 'resultMessage', message: 'the disk is "full"' }]);
  expect(await run('fail_step; echo no')).toMatchObject({ exitCode: 1, stdout: '' });
});

test('update_progress', async () => {
  const { results } = await run(`update_progress 40 'almost half'`);
  expect(results).toEqual([{ kind: 'progress', percentage: 40, message: 'almost half' }]);
});

test.each([
  ['set_environmentstate K V', 'set-environmentstate', { key: 'K', value: 'V', type: 'State' }],
  [
    'set_environmentstate K V -sensitive Other',
    'set-environmentstate',
    { key: 'K', value: 'V', sensitive: 'True', type: 'Other' },
  ],
  ['set_environmenturl K http://x', 'set-environmentstate', { key: 'K', value: 'http://x', type: 'Url' }],
  ['remove-octopustarget "a b"', 'delete-target', { machine: 'a b' }],
  ['report_kubernetes_manifest "kind: A" ns1', 'k8s-manifest-applied', { manifest: 'kind: A\n', ns: 'ns1' }],
  [
    `new_octopustarget -n 'a b' --target-id t --inputs '{"x":1}' --roles r --worker-pool p --update-if-existing`,
    'createStepPackageTarget',
    {
      name: 'a b',
      targetId: 't',
      inputs: '{"x":1}',
      octopusRoles: 'r',
      octopusDefaultWorkerPoolIdOrName: 'p',
      updateIfExisting: 'True',
    },
  ],
])('%s', async (body, name, attributes) => {
  expect(message(await run(body), name)).toEqual(attributes);
});

test('new_octopustarget with a flag that lacks its value comes to an end', async () => {
  expect((await run('new_octopustarget --name')).exitCode).toBe(0);
});

test('manifests are split at their lines of ---, from text or file; a missing file is a verbose note', async () => {
  const ran = await run(
    `printf 'a: 1\\n---\\n\\n---\\nb: 2' > m.yaml; report_kubernetes_manifest_file m.yaml; report_kubernetes_manifest_file none`,
  );
  expect([...ran.stdout.matchAll(/manifest='([^']*)'/g)].map(([, m = '']) => atob(m))).toEqual(['a: 1\n', 'b: 2\n']);
  expect(shown(ran).at(-1)).toBe('Verbose There is no manifest file none');
});

test('all of them hold under a strict script', async () => {
  const ran = await run(
    `set -euo pipefail; set -f; IFS=,; : > f
      get_octopusvariable none > /dev/null; set_octopusvariable a b; set_octopusvariable a 'é'; set_octopusvariable a ''
      new_octopusartifact f; update_progress 1; write_verbose v; write_highlight v; write_wait v; write_warning v
      set_environmentstate k v; set_environmenturl k v; new_octopustarget -n x; remove-octopustarget x
      report_kubernetes_manifest 'a: 1'; report_kubernetes_manifest_file none; log_environment_information
      decode_servicemessagevalue "$(encode_servicemessagevalue x)"; fail_step`,
  );
  expect(ran).toMatchObject({ stderr: '', exitCode: 1 });
  expect(ran.stdout.endsWith('x')).toBe(true);
});
