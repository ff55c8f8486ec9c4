import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startCourierServer } from './courier.fixture.ts';

test('a machine is asked who it is before it is trusted; what keeps us from it is said (rest.md 2.3)', async () => {
  const server = await startCourierServer();
  const machine = createServer((socket) => socket.end('its-secret\n')).listen(0, '127.0.0.1');
  await once(machine, 'listening');
  onTestFinished(() => void machine.close());
  const { port } = machine.address() as { port: number };
  const discover = (query: string) => server.answer('GET', `/api/workers/discover?${query}`);
  const found = await discover(`host=127.0.0.1&port=${port}&type=acmecourier`);
  expect(JSON.parse(found.text)).toMatchObject({
    Name: '127.0.0.1',
    Endpoint: { CommunicationStyle: 'AcmeCourier', Secret: 'its-secret', Uri: 'courier://127.0.0.1/', ProxyId: null },
  });
  for (const [query, why] of [
    [`host=127.0.0.1&port=1&type=AcmeCourier`, /127\.0\.0\.1:1 could not be asked who it is: connect ECONNREFUSED/],
    ['port=1&type=AcmeCourier', /host is missing/],
    ['host=h&port=99999&type=AcmeCourier', /port is 1 to 65535/],
    ['host=h&type=AcmeCourier', /port is 1 to 65535/], // no usual one is known
    ['host=h&type=Pigeon', /there is no communication style Pigeon/],
    ['host=h&port=1&type=AcmeCourier&proxyId=Proxies-9', /there is no Proxies-9/],
    ['host=h&type=KubernetesTentacle', /no loaded plugin can ask/],
  ] as const) {
    const { status, text } = await discover(query);
    expect([query, status]).toEqual([query, 400]);
    expect(text).toMatch(why);
  }
});
