import { Logger } from '@nestjs/common';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestFile, ModelFilesError, type ModelFiles } from '../local/model-files';
import { quantiseModel } from './quantise-model';

/**
 * The int8 form of a model, made at first use (half a second for gte-small) and kept: a file named after the digest of
 * what it was made from, beside it a file with its own digest. Both are written aside and renamed, the digest last, so
 * that a crash leaves something that is made again and never something half that is loaded.
 */

/** Part of the file's name: raise it when the rewriting changes, and the files of before are not taken for new ones. */
const REWRITING = 1;
/** What a crash left behind is swept away once no living process can still be writing it. */
const ABANDONED_AFTER_MS = 60 * 60 * 1_000;

/**
 * @param folder where the file is kept; made if need be
 * @returns path of the int8 model, or the model itself in memory when the folder cannot be written
 * @throws ModelFilesError when the model cannot be quantised
 */
export async function quantisedWeights(
  { weightsPath, weightsDigest }: Pick<ModelFiles, 'weightsPath' | 'weightsDigest'>,
  folder: string,
): Promise<string | SharedArrayBuffer> {
  const logger = new Logger('Embeddings');
  const path = join(folder, `${weightsDigest}-int8-${REWRITING}.onnx`);
  if (await isIntact(path)) return path;
  const startedAt = performance.now();
  const model = await quantise(weightsPath, weightsDigest);
  const durationMs = Math.round(performance.now() - startedAt);
  logger.log({ path, durationMs }, 'embedding model quantised to int8, once');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await sweep(folder);
    await replaceFile(path, model);
    await replaceFile(digestPath(path), `${digestOf(model)}\n`);
    return path;
  } catch (error) {
    logger.warn({ err: error, folder }, 'the int8 model cannot be kept and will be made again at every start');
    return inSharedMemory(model);
  }
}

async function quantise(path: string, expectedDigest: string): Promise<Uint8Array> {
  const model = await readFile(path);
  if (digestOf(model) !== expectedDigest) throw new ModelFilesError(`${path} changed while it was read`);
  try {
    return quantiseModel(model);
  } catch (error) {
    const { message } = error as Error;
    throw new ModelFilesError(`${path} cannot be quantised (${message}); set EMBEDDING_NUMBER_TYPE=fp32`, {
      cause: error,
    });
  }
}

async function isIntact(path: string): Promise<boolean> {
  try {
    const expected = await readFile(digestPath(path), 'utf8');
    return (await digestFile(path)) === expected.trim();
  } catch {
    // Missing or unreadable: either way it is made again, and failing to do that says why.
    return false;
  }
}

async function replaceFile(path: string, content: Uint8Array | string): Promise<void> {
  const aside = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(aside, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.tmp')) continue;
    const path = join(folder, name);
    if (Date.now() - (await stat(path)).mtimeMs > ABANDONED_AFTER_MS) await rm(path, { force: true });
  }
}

function digestPath(path: string): string {
  return `${path}.sha256`;
}

function digestOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function inSharedMemory(content: Uint8Array): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(content.length);
  new Uint8Array(shared).set(content);
  return shared;
}
