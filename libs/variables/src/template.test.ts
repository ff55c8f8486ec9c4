import { describe, expect, test } from 'vitest';
import { VariableSet } from './variable-set.ts';

const set = new VariableSet([
  { name: 'Name', value: 'acme' },
  { name: 'Greeting', value: 'hello #{name}' },
  { name: 'A', value: '#{B}' },
  { name: 'B', value: 'x#{a}' },
  { name: 'Self', value: '#{Self}' },
  { name: 'Twice', value: '#{Name}#{Name}' },
  { name: 'Octopus.Action[Build it].Output.Version', value: '1.2' },
]);

test.each([
  ['a name is replaced, case and blanks around it do not matter', '#{Name}/#{ NAME }', 'acme/acme'],
  ['values are evaluated in turn', '[#{Greeting}]', '[hello acme]'],
  ['an indexed name is just a name', 'v#{Octopus.Action[Build it].Output.Version}', 'v1.2'],
  ['an unknown name stays', 'a #{Nobody} b', 'a #{Nobody} b'],
  ['a doubled hash is a literal', '##{Name} #{Name}', '#{Name} acme'],
  ['a tripled one is a hash and a value', '###{Name} ####{Name}', '#acme ###{Name}'],
  ['filters stay', '#{Name | ToUpper}', '#{Name | ToUpper}'],
  ['filters stay with what is inside them', '#{Name | Append #{Name}} #{Name}', '#{Name | Append #{Name}} acme'],
  ['computed indexes stay', '#{A[#{Name}].C} #{Name}', '#{A[#{Name}].C} acme'],
  [
    'blocks stay with what is inside them',
    '#{if Name}#{Name}#{if X}#{/if}#{/if} #{Name}',
    '#{if Name}#{Name}#{if X}#{/if}#{/if} acme',
  ],
  ['a block that is never closed is none', '#{if X}#{Name}', '#{if X}acme'],
  [
    'what is no token is text, and what follows is not lost',
    '#{Na!me}#{Name} #{Name #{Name}',
    '#{Na!me}acme #{Name acme',
  ],
  ['an unfinished token stays', '#{Name', '#{Name'],
  ['shell is not taken for tokens', '${#Name} $# #!/bin/bash {x}', '${#Name} $# #!/bin/bash {x}'],
])('%s', (_, text, expected) => {
  expect(set.evaluate(text)).toBe(expected);
});

test.each([
  ['A', 'variables refer to each other: A -> B -> A'],
  ['b', 'variables refer to each other: B -> A -> B'],
  ['Self', 'variables refer to each other: Self -> Self'],
])('%s refers to itself in the end and is refused, naming the chain', (name, message) => {
  for (const read of [() => set.get(name), () => set.evaluate(`x #{${name}}`), () => set.get(name)])
    expect(read).toThrow(expect.objectContaining({ code: 'OCTO_VARIABLE_CYCLE', message }));
  expect(set.get('Twice')).toBe('acmeacme');
});

test('a later entry wins, under the spelling and in the place of the first; secrets are those that are marked', () => {
  const later = new VariableSet([
    { name: 'Pass', value: 'old' },
    { name: 'q', value: 'tail' },
    { name: 'pass', value: 'new #{q}', sensitive: true },
    { name: 'r', value: '', sensitive: true },
  ]);
  expect(later.get('PASS')).toBe('new tail');
  expect(later.raw('pass')).toBe('new #{q}');
  expect([...later.entries()].map((v) => v.name)).toEqual(['Pass', 'q', 'r']);
  expect(later.secrets()).toEqual(['new tail']);
});

describe('hostile text comes to an end, for which it has to be linear:', () => {
  const n = 1_000_000;
  test.each([
    ['unfinished tokens', '#{'.repeat(n)],
    ['unfinished tokens before one brace', `${'#{'.repeat(n)}}`],
    ['nested filters', '#{a|'.repeat(n)],
    ['nested filters, closed', '#{a|'.repeat(n) + '}'.repeat(n)],
    ['nested blocks', '#{if a}'.repeat(n)],
    ['mismatched blocks', '#{if a}'.repeat(n) + '#{/each}'.repeat(n)],
    ['a name of blanks', `#{${' '.repeat(n)}`],
    ['an endless name', `#{${'a.'.repeat(n)}}`],
    ['an endless index', `#{a${'[b]'.repeat(n)}`],
    ['open brackets', `#{a${'['.repeat(n)}}`],
    ['opening and no block', `#{${' '.repeat(n)}#{/if}`],
  ])('%s', (_, text) => {
    expect(set.evaluate(text) === text).toBe(true);
  });
});

test('a chain of references doubles its text, not the work', () => {
  const chain = Array.from({ length: 24 }, (_, n) => ({ name: `v${n}`, value: `#{v${n + 1}}#{v${n + 1}}` }));
  expect(new VariableSet([...chain, { name: 'v24', value: 'x' }]).get('v0')?.length).toBe(2 ** 24);
});
