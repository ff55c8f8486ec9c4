import { expect, test } from 'vitest';
import { VariableSet } from './variable-set.ts';

const set = new VariableSet([
  { name: 'Name', value: 'acme' },
  { name: 'Greeting', value: 'hello #{name}' },
  { name: 'A', value: '#{B}' },
  { name: 'B', value: 'x#{a}' },
  { name: 'Octopus.Action[Build].Output.Version', value: '1.2' },
]);

test.each([
  ['a name is replaced, case does not matter', '#{Name}/#{NAME}', 'acme/acme'],
  ['values are evaluated in turn', '[#{Greeting}]', '[hello acme]'],
  ['an indexed name is just a name', 'v#{Octopus.Action[Build].Output.Version}', 'v1.2'],
  ['an unknown name stays', 'a #{Nobody} b', 'a #{Nobody} b'],
  ['a doubled hash is a literal', '##{Name} #{Name}', '#{Name} acme'],
  ['filters and blocks stay', '#{Name | ToUpper} #{if Name}y#{/if}', '#{Name | ToUpper} #{if Name}y#{/if}'],
  ['an unfinished token stays', '#{Name', '#{Name'],
  ['nothing to do', 'plain', 'plain'],
])('%s', (_, text, expected) => {
  expect(set.evaluate(text)).toBe(expected);
});

test('variables that refer to each other are refused, naming the chain', () => {
  expect(() => set.get('A')).toThrow('variables refer to each other: b -> a -> b');
});

test('a megabyte of unfinished tokens takes linear time', () => {
  const text = '#{'.repeat(300_000);
  expect(set.evaluate(text)).toBe(text);
});

test('a later entry wins, and secrets are those that are marked', () => {
  const later = new VariableSet([
    { name: 'P', value: 'old' },
    { name: 'p', value: 'new #{q}', sensitive: true },
    { name: 'q', value: 'tail' },
    { name: 'r', value: '', sensitive: true },
  ]);
  expect(later.get('P')).toBe('new tail');
  expect(later.secrets()).toEqual(['new tail']);
});
