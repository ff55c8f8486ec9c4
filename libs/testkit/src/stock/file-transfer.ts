import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type StockService } from './agent-host.ts';
import { legacyType } from './contract-names.ts';
import { type Fields, StockStream } from './values.ts';

/** IFileTransferService: it trusts its server, so `../` leads where it leads (halibut.md 5.7, 12). */
export function fileTransfer(home: string): StockService {
  const place = (path: string | null) => resolve(home, (path ?? '').replaceAll('\\', '/'));
  return {
    className: 'Octopus.Tentacle.Services.FileTransfer.FileTransferService',
    methods: {
      UploadFile: {
        params: ['text', 'stream'],
        invoke: (path: string, upload: StockStream | null) => store(place(path), upload),
      },
      DownloadFile: {
        params: ['text'],
        invoke: async (path: string) => (existsSync(place(path)) ? new StockStream(await readFile(place(path))) : null),
      },
    },
  };
}

async function store(FullPath: string, upload: StockStream | null): Promise<Fields> {
  const $type = legacyType('UploadResult');
  if (upload === null) return { $type, FullPath, Hash: null, Length: 0n };
  await mkdir(dirname(FullPath), { recursive: true });
  await writeFile(FullPath, upload.bytes);
  const Hash = createHash('sha1').update(upload.bytes).digest('hex');
  return { $type, FullPath, Hash, Length: BigInt(upload.bytes.length) };
}
