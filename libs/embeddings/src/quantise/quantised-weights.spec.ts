import { Logger } from '@nestjs/common';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestFile } from '../local/model-files';
import { initializerField, MODEL_GRAPH, MODEL_OPSET_IMPORT, nodeField } from './onnx-graph';
import { concat, messageField, varintField } from './protobuf-wire';
import { quantisedWeights } from './quantised-weights';
import { quantiseModel } from './quantise-model';

const MODEL = concat([
  ...messageField(MODEL_OPSET_IMPORT, [varintField(2, 11)]),
  ...messageField(MODEL_GRAPH, [
    nodeField('MatMul', ['x', 'W'], ['y']),
    ...initializerField('W', [2, 2], Float32Array.of(1, 2, 3, 4)),
  ]),
]);

describe('quantisedWeights', () => {
  let root: string;
  let folder: string;
  let source: { weightsPath: string; weightsDigest: string };

  beforeAll(() => Logger.overrideLogger(false));
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'quantised-weights-'));
    folder = join(root, 'data', 'models');
    const weightsPath = join(root, 'model.onnx');
    await writeFile(weightsPath, MODEL);
    source = { weightsPath, weightsDigest: await digestFile(weightsPath) };
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('makes the int8 model once and finds it the next time', async () => {
    const path = await quantisedWeights(source, folder);
    expect(path).toBe(join(folder, `${source.weightsDigest}-int8-1.onnx`));
    expect(await readFile(path as string)).toEqual(Buffer.from(quantiseModel(MODEL)));
    const made = await stat(path as string);
    // The source gone, only the kept file can answer.
    await rm(source.weightsPath);
    expect(await quantisedWeights(source, folder)).toBe(path);
    expect((await stat(path as string)).ino).toBe(made.ino);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it.each([
    ['damaged', async (path: string) => writeFile(path, 'half')],
    ['without its digest', async (path: string) => rm(`${path}.sha256`)],
    ['gone', async (path: string) => rm(path)],
  ])('makes it again when the kept file is %s', async (_, damage) => {
    const path = (await quantisedWeights(source, folder)) as string;
    await damage(path);
    expect(await quantisedWeights(source, folder)).toBe(path);
    expect(await readFile(path)).toEqual(Buffer.from(quantiseModel(MODEL)));
  });

  it('works when two programs start at once', async () => {
    const paths = await Promise.all([quantisedWeights(source, folder), quantisedWeights(source, folder)]);
    expect(new Set(paths).size).toBe(1);
    expect(await readFile(paths[0] as string)).toEqual(Buffer.from(quantiseModel(MODEL)));
  });

  it('keeps the model in memory when the folder cannot be written', async () => {
    await writeFile(join(root, 'data'), 'a file where the folder should be');
    const weights = await quantisedWeights(source, folder);
    expect(weights).toBeInstanceOf(SharedArrayBuffer);
    expect(Buffer.from(new Uint8Array(weights as SharedArrayBuffer))).toEqual(Buffer.from(quantiseModel(MODEL)));
  });

  it('sweeps away what an old crash left, and leaves what may still be written', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'old.tmp'), '');
    await utimes(join(folder, 'old.tmp'), new Date(0), new Date(0));
    await writeFile(join(folder, 'new.tmp'), '');
    await quantisedWeights(source, folder);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual(['new.tmp']);
  });

  it('says what to do with a model that cannot be quantised', async () => {
    await writeFile(source.weightsPath, 'weights');
    source.weightsDigest = await digestFile(source.weightsPath);
    await expect(quantisedWeights(source, folder)).rejects.toThrow('set EMBEDDING_NUMBER_TYPE=fp32');
  });

  it('refuses a source that is no longer what was digested', async () => {
    await expect(quantisedWeights({ ...source, weightsDigest: 'other' }, folder)).rejects.toThrow(
      'changed while it was read',
    );
  });
});
