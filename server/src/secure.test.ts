import { startServer } from './server.ts'; // first: it brings the polyfill that the next one wants
import { httpApi } from '@octo/api';
import { findDoor } from './door.ts';
import { X509CertificateGenerator } from '@peculiar/x509';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TLSSocket } from 'node:tls';
import { expect, onTestFinished, test, vi } from 'vitest';

async function pair(name: string): Promise<{ readonly cert: string; readonly key: string }> {
  const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({ name: `CN=${name}`, signingAlgorithm, keys });
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return { cert: certificate.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n` };
}

async function folder() {
  const dir = await mkdtemp(join(tmpdir(), 'octo-tls-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const [certificate, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const write = async (name: string) => {
    const made = await pair(name);
    await writeFile(certificate, made.cert);
    await writeFile(key, made.key);
  };
  return { dir, certificate, key, write };
}

/** Status of /api, and the name in the certificate that answered. */
function ask(url: string): Promise<{ readonly status: number | undefined; readonly name: string }> {
  return new Promise((resolve, reject) => {
    request(`${url}/api`, { rejectUnauthorized: false, agent: false }, (response) => {
      const { subject } = (response.socket as TLSSocket).getPeerCertificate();
      response.resume().on('end', () => resolve({ status: response.statusCode, name: String(subject.CN) }));
    })
      .on('error', reject)
      .end();
  });
}

test('HTTPS by two files; a renewed certificate is used without a restart', async () => {
  const files = await folder();
  await files.write('first');
  const stop = new AbortController();
  const options = { dataDir: join(files.dir, 'data'), port: 0, commsPort: 0, taskCap: 0, logLevel: 'silent' };
  const tls = { tlsCertificate: files.certificate, tlsKey: files.key };
  const server = await startServer({ ...options, ...tls }, stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await server.closed;
  });
  expect(server.url).toMatch(/^https:/);
  expect(await ask(server.url)).toEqual({ status: 200, name: 'first' });
  await files.write('second');
  process.emit('SIGHUP'); // so that nobody waits for the next look at the files
  await vi.waitFor(async () => expect((await ask(server.url)).name).toBe('second'), { timeout: 5_000 });
});

test('the command on the same data folder reaches it, whatever name its certificate is for', async () => {
  const files = await folder();
  await files.write('octo.example');
  const stop = new AbortController();
  const dataDir = join(files.dir, 'data');
  const tls = { tlsCertificate: files.certificate, tlsKey: files.key };
  const server = await startServer(
    { dataDir, port: 0, commsPort: 0, taskCap: 0, logLevel: 'silent', ...tls },
    stop.signal,
  );
  onTestFinished(async () => {
    stop.abort();
    await server.closed;
  });
  const { url, key } = (await findDoor(dataDir))!;
  const signal = AbortSignal.timeout(10_000);
  expect(await httpApi({ url, apiKey: key, isOwnMachine: true }).spaces(signal)).toHaveLength(1);
  await expect(httpApi({ url, apiKey: key }).spaces(signal)).rejects.toMatchObject({ code: 'OCTO_TRANSPORT_SERVER' });
});

test('files that do not fit are refused before anything listens', async () => {
  const files = await folder();
  await files.write('first');
  const other = await pair('other');
  await writeFile(files.key, other.key);
  const options = { dataDir: join(files.dir, 'data'), port: 0, logLevel: 'silent' };
  const start = (more: object) => startServer({ ...options, ...more }, new AbortController().signal);
  const fault = { code: 'OCTO_TLS_FILES' };
  await expect(start({ tlsCertificate: files.certificate, tlsKey: files.key })).rejects.toMatchObject(fault);
  await expect(start({ tlsCertificate: files.certificate })).rejects.toMatchObject(fault);
  await expect(start({ tlsCertificate: join(files.dir, 'none'), tlsKey: files.key })).rejects.toMatchObject(fault);
  await writeFile(files.key, 'no PEM');
  await expect(start({ tlsCertificate: files.certificate, tlsKey: files.key })).rejects.toMatchObject(fault);
});
