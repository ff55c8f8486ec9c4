import { type Launch, type Script } from '@octo/kernel';
import { runLaunch } from '@octo/testkit';
import { VariableSet, type Variable } from '@octo/variables';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { digestOf, makeLaunch } from './launch.ts';

const quiet = { name: 'Octopus.Action.Script.SuppressEnvironmentLogging', value: 'True' };
const launchOf = (script: Partial<Script>, variables: readonly Variable[] = []): Launch =>
  makeLaunch({
    script: { syntax: 'Bash', body: 'true', ...script },
    variables: new VariableSet([quiet, ...variables]),
    taskId: 'ServerTasks-1',
    isolation: { exclusive: false, mutex: 'RunningScript' },
    fence: 1,
  });
const run = (body: string, variables: readonly Variable[] = [], more: Partial<Script> = {}) =>
  runLaunch(launchOf({ body, ...more }, variables));

/** Texts that have broken shells before. */
const NASTY = [
  'plain',
  '',
  ' blanks  around ',
  'it\'s "quoted" `x` $(id) $HOME \\ \\n %s %% !!',
  'two\nlines\n',
  '\n',
  'a\r\nb',
  'ünïcödé 漢字 🐙',
  '*',
  '~/x ?[a-z]* {a,b} #c ;|&<>()',
  "'\\''",
  '-n',
  '\t\u0001\u007F',
  'x'.repeat(300),
];

describe('variables in Bash', () => {
  test('every value arrives byte by byte', async () => {
    const body = NASTY.map((_, n) => `get_octopusvariable V${n}; printf '\\0'`).join('\n');
    const { stdout } = await run(
      body,
      NASTY.map((value, n) => ({ name: `V${n}`, value })),
    );
    expect(stdout.split('\0').slice(0, -1)).toEqual(NASTY);
  });

  test('names may be anything, and their case counts; an unknown one is an empty line', async () => {
    const names = ["it's", 'a b', '*', 'Octopus.Action[Build it].Output.X', 'é', '$x', '\\'];
    const { stdout } = await run(
      `for n in "it's" 'a b' '*' 'Octopus.Action[Build it].Output.X' 'é' '$x' '\\' 'A B' 'nobody'; do printf '<%s>' "$(get_octopusvariable "$n")"; done
      get_octopusvariable nobody | od -An -c`,
      names.map((name, n) => ({ name, value: String(n) })),
    );
    expect(stdout).toBe(`${names.map((_, n) => `<${n}>`).join('')}<><>  \\n\n`);
  });

  test('values and body are evaluated, what is unknown stays (calamari.md 1.4)', async () => {
    const { stdout } = await run('echo "#{Greeting}, #{Nobody}"; get_octopusvariable Greeting', [
      { name: 'Greeting', value: 'hello #{Name}' },
      { name: 'Name', value: 'acme' },
    ]);
    expect(stdout).toBe('hello acme, #{Nobody}\nhello acme');
  });

  test('octopus_parameters is there when the script mentions it, with evaluated values', async () => {
    const variables = [
      { name: "it's [x].y", value: "#{B}'s" },
      { name: 'B', value: 'b' },
    ];
    const { stdout } = await run(
      `n="it's [x].y"; echo "\${octopus_parameters[$n]} \${octopus_parameters[B]}"`,
      variables,
    );
    expect(stdout).toBe("b's b\n");
    expect((await run('echo "${octopus_parameters-none}"', variables)).stdout).toBe('none\n');
  });

  test('fifty thousand variables start no program each: they are there before the limit of a script', async () => {
    const variables = Array.from({ length: 50_000 }, (_, n) => ({ name: `Name.${n}`, value: `value's ${n}` }));
    const { stdout } = await run('get_octopusvariable Name.49999', variables);
    expect(stdout).toBe("value's 49999");
  });
});

describe('secrets (R243)', () => {
  const secret = 'S3cr3t-4-octo-tests';
  const variables = [{ name: 'Password', value: secret, sensitive: true }];

  test('while user code runs, no file, descriptor, environment or command line holds one', async () => {
    const look = `{ ls -laR ..; find .. -type f -exec cat {} +; env; export -p
      for fd in /proc/$$/fd/*; do if [ -f "$fd" ]; then cat "$fd"; fi; done
      cat /proc/$$/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'; } > "$HOME/seen" 2> /dev/null`;
    const { stdout } = await run(
      `get_octopusvariable Password | wc -c; sleep 9 & ${look}
      kill $!; for leak in "S3cr3t-4""-octo-tests" "a word of the ""script" "HOME=$HOME" 'Bootstrap.sh' 'sleep'; do grep -ac -e "$leak" "$HOME/seen"; done # a word of the script`,
      variables,
    );
    const [length, secrets, ...controls] = stdout.trim().split(/\s+/).map(Number);
    expect([length, secrets]).toEqual([secret.length, 0]);
    expect(controls.map((hits) => hits > 0)).toEqual([true, true, true, true]); // the search finds what is there
  });

  test('the one file with values is marked secret, and nothing else of the launch holds one', async () => {
    const launch = launchOf({ parameters: '-p "#{Password}"' }, variables);
    const holders: string[] = [];
    for (const { name, content, secret: isSecret } of launch.files ?? []) {
      if ((await text(content.open())).includes(secret))
        holders.push(`${isSecret} ${name.replace(/[0-9a-f]{18}/, 'HEX')}`);
    }
    expect(holders).toEqual(['true .octo-HEX']);
    expect(launch.body.bash).not.toContain(secret);
  });

  test('without its variables a script does not run', async () => {
    const launch = launchOf({ body: 'echo ran' });
    const files = launch.files?.filter((f) => !f.secret) ?? [];
    expect(await runLaunch({ ...launch, files })).toMatchObject({ exitCode: 1, stdout: '' });
  });
});

describe('the script itself', () => {
  test('parameters are appended verbatim and read by the shell (calamari.md 1.4)', async () => {
    const parameters = `-x "a b" 'it'"'"'s' #{Name} ""`;
    const { stdout } = await run(`printf '<%s>' "$@"; echo "$#"`, [{ name: 'Name', value: 'é' }], { parameters });
    expect(stdout).toBe(`<-x><a b><it's><é><>5\n`);
  });

  test.each([
    ['its last command', 'false', 1],
    ['exit', 'exit 7; echo no', 7],
    ['return', 'return 8', 8],
    ['success, for no set -e is imposed', 'false; true', 0],
    ['its own set -e', 'set -euo pipefail; false; true', 1],
    ['a syntax error', 'if', 2],
  ])('its exit code is that of %s', async (_, body, exitCode) => {
    const ran = await run(body);
    expect(ran.exitCode).toBe(exitCode);
    expect(ran.stdout).toBe('');
  });

  test('CRLF and a byte order mark do not disturb bash; standard input is empty', async () => {
    const { stdout, exitCode } = await run('\uFEFFif true; then\r\n  cat\r\n  echo fine\r\nfi\r\n');
    expect([stdout, exitCode]).toEqual(['fine\n', 0]);
  });

  test('the environment is told at verbose level, unless that is suppressed', async () => {
    const told = await runLaunch(launchOf({}, [{ ...quiet, value: 'False' }]));
    expect(told.stdout).toMatch(
      /^##octopus\[stdout-verbose\]\nBash \d.* host .* folder \/.*\n##octopus\[stdout-default\]\n$/,
    );
    expect((await run('true')).stdout).toBe('');
  });

  test('the digest is of what was asked: equal for equal scripts, in whatever order their files come', () => {
    const file = (name: string) => ({ name, content: { sizeBytes: 1, async *open() {} } });
    const asked: Script = { syntax: 'Bash', body: 'x', files: [file('a'), file('b')] };
    expect(digestOf(asked)).toBe(digestOf({ ...asked, files: [file('b'), file('a')] }));
    const others: Script[] = [
      { ...asked, body: 'y' },
      { ...asked, parameters: 'p' },
      { ...asked, files: [file('a')] },
    ];
    expect(new Set([asked, ...others].map(digestOf)).size).toBe(4);
  });
});
