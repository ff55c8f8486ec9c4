import { OCTOPUS_STYLES } from '@octo/api';
import { expect, test } from 'vitest';
import { endpointMembers, flagOf, missingMembers, styleFlags, styleOf } from './style-flags.ts';

test.each([
  ['AccountId', 'account'],
  ['Uri', 'uri'],
  ['DotNetCorePlatform', 'dot-net-core-platform'],
  ['HTTPPort', 'http-port'],
  ['Id', 'id'],
  ['someMember', 'some-member'],
])('the flag of %s is --%s', (member, flag) => {
  expect(flagOf(member)).toBe(flag);
});

test('a style is known by its word and by its Octopus name; an unknown one brings the nearest', () => {
  expect(styleOf(OCTOPUS_STYLES, 'SSH').Style).toBe('Ssh');
  expect(styleOf(OCTOPUS_STYLES, 'tentaclepassive').Word).toBe('listening');
  expect(() => styleOf(OCTOPUS_STYLES, 'listenin')).toThrow(
    expect.objectContaining({ hint: 'did you mean "listening"?' }),
  );
});

test('flags of several styles say whose they are; of one style they are its own', () => {
  const all = styleFlags(OCTOPUS_STYLES);
  expect(all['uri']?.description).toMatch(/^listening, polling: /);
  const ssh = styleFlags([styleOf(OCTOPUS_STYLES, 'ssh')]);
  expect(Object.keys(ssh)).toEqual(['host', 'port', 'account', 'fingerprint', 'proxy', 'dot-net-core-platform']);
  expect(ssh['port']?.description).toBe('port of its SSH server [default: 22]');
});

test('texts become what the schema wants, and faults name the flag', () => {
  const ssh = styleOf(OCTOPUS_STYLES, 'ssh');
  expect(endpointMembers(ssh, { host: 'h', port: '2222', quiet: false })).toEqual({ Host: 'h', Port: 2222 });
  expect(() => endpointMembers(ssh, { port: 'x' })).toThrow('--port is a whole number, not "x"');
  expect(() => endpointMembers(ssh, { port: '2.5' })).toThrow('--port is a whole number');
  expect(() => endpointMembers(ssh, { uri: 'x' })).toThrow('--uri is no flag of style ssh');
  expect(missingMembers(ssh, { Host: 'h' }).map((it) => it.flag)).toEqual(['--account']);
});
