// A process that takes bytes over TLS, hashes them and writes them to a file: what no transfer gets much below.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { createServer } from 'node:tls';
import { type Identity } from '@octo/halibut';

process.once('message', ({ identity, file, bytes }: { identity: Identity; file: string; bytes: number }) => {
  const server = createServer(
    { cert: identity.certificatePem, key: identity.privateKeyPem, noDelay: true },
    (socket) => {
      void (async () => {
        const out = await open(file, 'w');
        const hash = createHash('sha256');
        let left = bytes;
        for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
          hash.update(chunk);
          await out.writeFile(chunk);
          left -= chunk.length;
          if (left <= 0) break;
        }
        await out.close();
        socket.end(hash.digest('hex'));
      })();
      socket.on('error', () => {});
    },
  );
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as { port: number }).port));
});
