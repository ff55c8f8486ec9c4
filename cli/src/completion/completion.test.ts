import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { fishScript } from './fish.ts';
import { bashScript, zshScript } from './sh.ts';
import { shapeOf } from './shape.ts';

const string = { type: 'option' };
const commands = [
  shapeOf(
    'worker:list',
    { pool: { ...string, char: 'p' }, json: { type: 'boolean' }, style: { ...string, options: ['a b', "it's"] } },
    {},
  ),
  shapeOf('worker:show', { json: { type: 'boolean' } }, { worker: {} }),
  shapeOf('task:log', {}, { id: {} }),
  shapeOf('worker:add', {}, { name: {} }),
  shapeOf('completion', {}, { shell: { options: ['bash', 'fish'] } }),
  shapeOf("od'd", { 'remove-team': string }, {}),
];
/** What a Tab at the end of these words offers; names come from a function that stands for octo. */
function tab(...words: readonly string[]): readonly string[] {
  const script = `${bashScript(commands)}
    _octo_names() { printf '%s\\n' "$1-one" 'two words' '$(echo run)'; }
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _octo; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8' });
  return out.split('\n').filter((line) => line !== '');
}

test.each([
  [
    ['octo', ''],
    ['completion', "od\\'d", 'task', 'worker'],
  ],
  [['octo', 'w'], ['worker']],
  [['octo', 'worker', 's'], ['show']],
  [
    ['octo', 'worker', 'list', '--'],
    ['--pool', '--json', '--style'],
  ],
  [['octo', 'worker', '--json', 'list', '--p'], ['--pool']],
  [['octo', 'worker', 'list', '--pool', 'x', '--j'], ['--json']],
  [
    ['octo', 'worker', 'list', '--style', ''],
    ['a\\ b', "it\\'s"],
  ],
  [['octo', 'worker', 'list', '--style', '=', 'a'], ['a\\ b']],
  [
    ['octo', 'worker', 'list', '--style', '='],
    ['a\\ b', "it\\'s"],
  ],
  [['octo', 'completion', 'f'], ['fish']],
  [['octo', 'completion', 'fish', ''], []],
  [['octo', 'worker', 'add', ''], []],
  [['octo', 'nothing', ''], []],
])('after %j bash offers %j', (words, offered) => expect(tab(...words)).toEqual(offered));

test.each([
  [['octo', 'worker', 'list', '-p', ''], 'pools-one'],
  [['octo', 'worker', 'show', ''], 'workers-one'],
  [['octo', 'task', 'log', ''], 'tasks-one'],
  [['octo', "od'd", '--remove-team', ''], 'teams-one'],
])('after %j bash offers names, quoted and never run', (words, first) => {
  expect(tab(...words)).toEqual([first, 'two\\ words', '\\$\\(echo\\ run\\)']);
});

test('zsh and fish get the same words, quoted', () => {
  expect(zshScript(commands)).toContain(`'worker') printf '%s\\n' 'add' 'list' 'show' ;;`);
  expect(zshScript(commands)).toContain(`'od'\\''d') printf`);
  const fish = fishScript(commands);
  expect(fish).toContain(
    `complete -c octo -n '__octo_at \\'worker list\\'' -l pool -s p -r -f -a '(__octo_names pools)'`,
  );
  expect(fish).toContain(`complete -c octo -n '__octo_at \\'worker show\\' 0' -f -a '(__octo_names workers)'`);
});
