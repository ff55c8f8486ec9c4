import { type Account, type Opening, Secret, type Transport } from '@octo/kernel';
import { openingOf, realClock } from '@octo/testkit';
import { type SshServer } from '@octo/testkit/ssh';
import { type TransportUnderTest } from '@octo/testkit/transport-contract';
import { type SshEndpoint } from './endpoint.ts';
import { ssh } from './index.ts';

export interface SshTransport extends Transport<object>, AsyncDisposable {}

export function newTransport(clock = realClock): SshTransport {
  return ssh.create({ clock } as never) as SshTransport; // endpoints are parsed before
}

export function keyAccount(server: SshServer, more: Readonly<Record<string, string>> = {}): Account {
  const secrets = { PrivateKeyFile: Buffer.from(server.privateKey).toString('base64'), ...more };
  return {
    id: 'Accounts-1',
    type: 'SshKeyPair',
    fields: { Username: server.username },
    secrets: Object.fromEntries(Object.entries(secrets).map(([name, text]) => [name, new Secret(text)])),
  };
}

export function openingTo(
  server: SshServer,
  endpoint: Partial<SshEndpoint> = {},
  accounts: Readonly<Record<string, Account>> = {},
): Opening<object> {
  const known: Readonly<Record<string, Account>> = { 'Accounts-1': keyAccount(server), ...accounts };
  const opening = openingOf({
    Host: '127.0.0.1',
    Port: server.port,
    AccountId: 'Accounts-1',
    Fingerprint: server.fingerprint(),
    Folder: `${server.home}/octo`,
    ...endpoint,
  });
  const account = async (id: string) => known[id] ?? (await opening.account(id));
  return { ...opening, account };
}

/** For the transport's contract; the server goes with it. */
export function underTest(server: SshServer): TransportUnderTest<object> {
  const transport = newTransport();
  return {
    transport,
    opening: openingTo(server),
    reopen: async () => newTransport(),
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
