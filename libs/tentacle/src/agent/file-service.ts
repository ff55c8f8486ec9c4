import { IncomingStream, OutgoingStream, type Service } from '@octo/halibut';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { FILES } from '../contracts.ts';
import { type TentacleServicesOptions } from './services.ts';

const MIB = 1024 * 1024;

/** File transfer (halibut.md 5.7). A server that is trusted here may name any path. */
export function fileService({ agent, home }: TentacleServicesOptions): Service {
  const pathOf = (path: unknown) => resolve(home, String(path).replaceAll('\\', '/'));
  return {
    contract: FILES,
    async invoke(method, [path, content], { signal }) {
      const file = pathOf(path);
      if (method === 'DownloadFile') {
        const found = await agent.download(file);
        return found ? new OutgoingStream(found.sizeBytes, () => found.open()) : null;
      }
      if (!(content instanceof IncomingStream)) return { FullPath: file, Hash: null, Length: 0n };
      await refuseFull(file, content.lengthBytes);
      const sha1 = createHash('sha1');
      const open = async function* () {
        for await (const chunk of content.read(signal)) {
          sha1.update(chunk);
          yield chunk;
        }
      };
      await agent.upload(file, { sizeBytes: content.lengthBytes, open }, signal);
      return { FullPath: file, Hash: sha1.digest('hex'), Length: BigInt(content.lengthBytes) };
    },
  };
}

/** Before a byte is read: the file, a tenth of it, and one MiB have to fit. */
async function refuseFull(file: string, sizeBytes: number): Promise<void> {
  let folder = dirname(file);
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  const { bavail, bsize } = await statfs(folder);
  const needed = Math.ceil(sizeBytes * 1.1) + MIB;
  if (bavail * bsize >= needed) return;
  const left = Math.floor((bavail * bsize) / MIB);
  throw new Error(`The drive of '${folder}' has ${left} MiB free, and ${Math.ceil(needed / MIB)} MiB are needed`);
}
