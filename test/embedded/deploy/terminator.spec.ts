import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { promisify } from 'node:util';
import { ROOT } from '../../support/compose-file';

/** How a deployment looks at the TLS terminator: a real handshake, with a certificate for `localhost` of 30 days. */
const run = promisify(execFile);
const PREFLIGHT = join(ROOT, 'scripts/deploy/preflight.mjs');

let folder: string;
let server: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vectorlane-tls-'));
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', join(folder, 'key'), '-out', join(folder, 'certificate')],
  ]);
  server = createServer({
    key: await readFile(join(folder, 'key')),
    cert: await readFile(join(folder, 'certificate')),
  });
  // A client that does not trust us hangs up in the middle of the handshake.
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const daysLeft = async (host: string, trusted: boolean): Promise<string> => {
  const url = `https://${host}:${(server.address() as AddressInfo).port}`;
  const text = `import { certificateDays } from ${JSON.stringify(PREFLIGHT)};
    console.log(await certificateDays(new URL(${JSON.stringify(url)})).catch(({ message }) => message));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', text], {
    env: { PATH: process.env['PATH'], ...(trusted && { NODE_EXTRA_CA_CERTS: join(folder, 'certificate') }) },
    timeout: 20_000,
  });
  return stdout.trim();
};

it('counts the days of a certificate that is trusted for that name', async () => {
  const days = Number(await daysLeft('localhost', true));
  expect(days).toBeGreaterThan(29);
  expect(days).toBeLessThanOrEqual(30);
});

it('takes no certificate that is not trusted', async () => {
  expect(await daysLeft('localhost', false)).toContain('shows no TLS that can be trusted: DEPTH_ZERO_SELF_SIGNED_CERT');
});

it('takes no trusted certificate under another name', async () => {
  expect(await daysLeft('127.0.0.1', true)).toContain('can be trusted: ERR_TLS_CERT_ALTNAME_INVALID');
});
