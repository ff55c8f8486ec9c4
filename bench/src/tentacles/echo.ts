// A process that gives back what it gets over TLS.
import { createServer } from 'node:tls';
import { type Identity } from '@octo/halibut';

process.once('message', (identity: Identity) => {
  const server = createServer(
    { cert: identity.certificatePem, key: identity.privateKeyPem, noDelay: true },
    (socket) => {
      socket.on('data', (chunk) => socket.write(chunk)).on('error', () => {});
    },
  );
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as { port: number }).port));
});
