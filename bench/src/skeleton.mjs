// The floor of F1: what any server of this kind loads and opens. A process of its own; prints its address. JavaScript,
// so that it does not pay for the stripping of types.
import Database from 'better-sqlite3';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';

const dataDir = process.env['OCTO_DATA'] ?? '.';
mkdirSync(dataDir, { recursive: true });
const db = new Database(join(dataDir, 'skeleton.db'));
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec('create table if not exists task (seq integer primary key, state text)');
const count = db.prepare('select count(*) as n from task');
const http = createServer((_, response) => response.end(JSON.stringify(count.get())));
const tls = createTlsServer({}).listen(0, '127.0.0.1');
http.listen(0, '127.0.0.1', () => {
  console.log(`skeleton listens on http://127.0.0.1:${http.address().port}, bare`);
});
process.once('SIGTERM', () => {
  tls.close();
  http.close();
  http.closeAllConnections();
  db.close();
});
