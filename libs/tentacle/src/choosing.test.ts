import { type Call } from '@octo/halibut';
import { fakeClock, launchOf } from '@octo/testkit';
import { expect, test } from 'vitest';
import { answered, callerOf, driven, lost, noService, optionsOf } from './caller.fixture.ts';
import { openTentacleSession } from './session.ts';

// Which service is used (halibut.md 3.11, 5.4, 6.1).
const signal = new AbortController().signal;
const EXTRA = ['IScriptService', 'IFileTransferService'];
const STATUS = { Ticket: { TaskId: 't' }, Logs: [], NextLogSequence: 0, State: 1, ExitCode: 0 };

/** An agent that offers what `offers` holds at the moment. */
function agent(offers: { names: readonly string[] }) {
  const asked: string[] = [];
  const caller = callerOf(({ service, method }: Call) => {
    asked.push(`${service.name}.${method}`);
    if (service.name === 'ICapabilitiesServiceV2') return { SupportedCapabilities: offers.names };
    if (!offers.names.includes(service.name)) throw noService(service.name);
    if (service.name === 'IOctoAgentV1' && method === 'Status') return { State: 'Running', Next: '0' };
    return service.name === 'IScriptService' && method === 'StartScript' ? { TaskId: '2026-1-1' } : STATUS;
  });
  return { asked, caller };
}
const look = { after: '', waitMs: 0 };

test.each([
  [['IOctoAgentV1', 'IScriptServiceV2', ...EXTRA], 'IOctoAgentV1.Status'],
  [[...EXTRA, 'IScriptServiceV2'], 'IScriptServiceV2.GetStatus'],
  [['IFileTransferService', 'IKubernetesScriptServiceV1'], 'IKubernetesScriptServiceV1.GetStatus'],
])('of %j it asks %s', async (names, method) => {
  const { caller, asked } = agent({ names });
  await openTentacleSession(optionsOf(caller)).status({ ticket: 't' }, look, signal);
  expect(asked).toEqual(['ICapabilitiesServiceV2.GetCapabilities', method]);
});

const isMissing = async (error: unknown) => {
  const clock = fakeClock();
  const caller = callerOf(() => {
    throw error;
  });
  const session = openTentacleSession(optionsOf(caller, clock));
  return driven(clock, session.capabilities(signal)).then(
    ({ agent }) => agent === 'Tentacle (script service 1)',
    () => false,
  );
};
const type = (name: string) => `Halibut.Exceptions.${name}HalibutClientException`;

test.each([
  ['a Tentacle', noService('ICapabilitiesServiceV2'), true],
  ['a plain Halibut', answered('Service not found: ICapabilitiesServiceV2', '', type('ServiceNotFound')), true],
  ['a method', answered('Service ICapabilitiesServiceV2::GetCapabilities not found'), true],
  ['an old container', answered('The requested service has not been registered', 'NotRegistered'), true],
  ['a factory', answered('x', 'at Octopus.Factory.CreateService(String name)'), true],
  ['a factory that is closing', answered('The Tentacle service is shutting down and cannot', 'CreateService('), false],
  ['a container that is closing', answered('ObjectDisposedException', 'CreateService('), false],
  ['a lost connection', lost(), false],
  ['a fault', answered('out of memory', 'System.Exception: out of memory'), false],
])('the words of %s: the capabilities service is missing, or is it (3.11)', async (_who, error, expected) => {
  expect(await isMissing(error)).toBe(expected);
});

test('what an agent offers is remembered for ten minutes, by all sessions; capabilities always ask', async () => {
  const clock = fakeClock();
  const { caller, asked } = agent({ names: ['IScriptServiceV2'] });
  const status = () => openTentacleSession(optionsOf(caller, clock)).status({ ticket: 't' }, look, signal);
  const asks = () => asked.filter((it) => it.endsWith('GetCapabilities')).length;
  await driven(clock, status());
  await driven(clock, status());
  expect(asks()).toBe(1);
  await openTentacleSession(optionsOf(caller, clock)).capabilities(signal);
  expect(asks()).toBe(2);
  clock.advance(599_000);
  await driven(clock, status());
  expect(asks()).toBe(2);
  clock.advance(1_000);
  await driven(clock, status());
  expect(asks()).toBe(3);
});

test('the first question after capabilities of a foreign agent is one round trip', async () => {
  const { caller, asked } = agent({ names: ['IScriptServiceV2'] });
  await openTentacleSession(optionsOf(caller)).capabilities(signal);
  expect(asked).toHaveLength(1);
});

test('an agent that was replaced by a lesser one is asked anew what it offers, and then that is used', async () => {
  const offers = { names: ['IOctoAgentV1', 'IScriptServiceV2'] };
  const { caller, asked } = agent(offers);
  const session = openTentacleSession(optionsOf(caller));
  await session.status({ ticket: 't' }, look, signal);
  offers.names = ['IScriptServiceV2'];
  asked.length = 0;
  await session.start('t', launchOf('true'), signal);
  expect(asked).toEqual([
    'IOctoAgentV1.Start',
    'ICapabilitiesServiceV2.GetCapabilities',
    'IScriptServiceV2.StartScript',
  ]);
  expect((await session.capabilities(signal)).agent).toBe('Tentacle');
});

test('a script with a handle belongs to service 1, though the agent has learnt more since', async () => {
  const { caller, asked } = agent({ names: [...EXTRA, 'IScriptServiceV2'] });
  await openTentacleSession(optionsOf(caller)).status({ ticket: 't', handle: '2026-1-1' }, look, signal);
  expect(asked).toEqual(['IScriptService.GetStatus']);
});
