import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterTemplate, copyFolder } from '../support/data-folder';
import { eventually } from '../support/eventually';
import { ServiceProcess } from '../support/service-process';
import { StandInEmbeddings } from '../support/stand-in-embeddings';
import type { Untyped } from '../support/test-app';

/** A disk that is really full, under the embedded profile: a small one of its own (test/support/jest/machine.cjs). */

const SIZE_MIB = 320;
const MIB = Buffer.alloc(1024 * 1024, 1);

const folder = mkdtempSync(join(tmpdir(), 'vectorlane-full-disk-'));
const dataDir = join(folder, 'data');
const filler = join(folder, 'filler');
let embeddings: StandInEmbeddings;
let service: ServiceProcess | undefined;

beforeAll(async () => {
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m,mode=0700`, 'tmpfs', folder]);
  expect({ status: mount.status, stderr: String(mount.stderr) }).toEqual({ status: 0, stderr: '' });
  await copyFolder(await clusterTemplate('product'), join(dataDir, 'pglite'));
  embeddings = await StandInEmbeddings.start();
}, 60_000);
afterAll(async () => {
  await service?.stop();
  await embeddings?.close();
  spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** Takes every byte that is left. */
function fill(): void {
  const file = openSync(filler, 'a');
  try {
    for (const piece of [MIB, MIB.subarray(0, 4_096)]) while (statfsSync(folder).bavail > 0) writeSync(file, piece);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}

const free = (): void => rmSync(filler);

const settings = (): Record<string, string> => ({
  DATA_DIR: dataDir,
  TMPDIR: folder,
  RECONCILE_INTERVAL_MS: '500',
  ...embeddings.settings,
});

async function call(path: string, init: RequestInit = {}): Promise<{ status: number; body: Untyped }> {
  const key = readFileSync(join(dataDir, 'api-key'), 'utf8').trim();
  const signal = AbortSignal.timeout(30_000);
  const response = await fetch(`${service?.url}${path}`, { ...init, signal, headers: { 'X-API-Key': key } });
  return { status: response.status, body: await response.json() };
}

function upload(name: string, text: string): Promise<{ status: number; body: Untyped }> {
  const form = new FormData();
  form.set('file', new Blob([text]), name);
  return call('/api/documents', { method: 'POST', body: form });
}

async function completed(id: string): Promise<void> {
  await eventually(async () => (await call(`/api/documents/${id}`)).body.status === 'completed', 60_000);
}

it('refuses uploads and says why, loses nothing, and goes on by itself when there is room', async () => {
  service = await ServiceProcess.start(settings());
  const accepted: string[] = [];
  const known = await upload('known.txt', 'Known before the disk is full.');
  expect(known.status).toBe(202);
  accepted.push(known.body.id as string);
  await completed(accepted[0] ?? '');
  fill();
  let refusal: { status: number; body: Untyped } | undefined;
  // What fits into files that are there already is taken.
  for (let index = 0; refusal === undefined && index < 200; index += 1) {
    const answer = await upload(`${index}.txt`, `Number ${index} of those that come to a full disk. `.repeat(400));
    if (answer.status === 202) accepted.push(answer.body.id as string);
    else refusal = answer;
  }
  expect([503, 507]).toContain(refusal?.status);
  expect(refusal?.body).toMatchObject({ code: expect.any(String), retryable: true });
  // A restart would not help.
  expect((await call('/live')).status).toBe(200);
  free();
  await eventually(async () => (await call('/ready')).status === 200, 30_000);
  const last = await upload('last.txt', 'There is room again.');
  expect(last.status).toBe(202);
  for (const id of [...accepted, last.body.id as string]) await completed(id);
  expect([service.child.exitCode, service.child.signalCode]).toEqual([null, null]);
  expect(await service.stop()).toEqual({ code: 0, signal: null });
}, 180_000);

it('a start on it says so in one line', async () => {
  await service?.stop();
  fill();
  const { code, output } = await ServiceProcess.run(settings());
  free();
  expect(code).toBe(1);
  expect(output).toMatch(/^[^\n]*no space left in [^\n]*\n$/);
}, 60_000);
