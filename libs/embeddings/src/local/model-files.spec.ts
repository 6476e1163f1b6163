import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { digestFile, locateModel, readModelFiles, type ModelLocation } from './model-files';

const original = locateModel(undefined).folder;

describe('readModelFiles', () => {
  let folder: string;
  let own: ModelLocation;

  /** A complete model of the operator's own, but for weights that nobody loads here. */
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'model-files-'));
    await cp(join(original, 'tokenizer.json'), join(folder, 'tokenizer.json'));
    await writeFile(join(folder, 'config.json'), JSON.stringify({ hidden_size: 48, max_position_embeddings: 512 }));
    await writeFile(join(folder, 'model.onnx'), 'weights');
    own = locateModel(folder);
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('finds the default model and knows its digests', async () => {
    const files = await readModelFiles(locateModel(undefined));
    expect(files).toMatchObject({
      name: 'gte-small',
      weightsDigest: '398a29991324e0b383afa13375d681ced3079c83e097fb1ebd9290d7498523b3',
      dimension: 384,
      windowTokens: 512,
      pooling: 'mean',
    });
  });

  it('takes another model as it is, with its own digest', async () => {
    const files = await readModelFiles(own);
    expect(files).toMatchObject({ name: own.name, dimension: 48, windowTokens: 512, pooling: 'mean' });
    expect(files.weightsDigest).toBe(await digestFile(join(folder, 'model.onnx')));
  });

  it('prefers onnx/model.onnx', async () => {
    await mkdir(join(folder, 'onnx'));
    await writeFile(join(folder, 'onnx', 'model.onnx'), 'other weights');
    expect((await readModelFiles(own)).weightsPath).toBe(join(folder, 'onnx', 'model.onnx'));
  });

  it('heeds a shorter window and the pooling a sentence model asks for', async () => {
    await mkdir(join(folder, '1_Pooling'));
    await writeFile(join(folder, '1_Pooling', 'config.json'), JSON.stringify({ pooling_mode_cls_token: true }));
    await writeFile(join(folder, 'sentence_bert_config.json'), JSON.stringify({ max_seq_length: 256 }));
    expect(await readModelFiles(own)).toMatchObject({ windowTokens: 256, pooling: 'cls' });
  });

  it.each(['tokenizer.json', 'onnx/model.onnx'])('refuses a default model whose %s was changed', async (name) => {
    await mkdir(join(folder, 'onnx'));
    await writeFile(join(folder, 'onnx', 'model.onnx'), 'not the weights');
    if (name === 'tokenizer.json') await writeFile(join(folder, name), `${'\n'}{}`);
    const { pinned } = locateModel(undefined);
    const reading = readModelFiles({ name: 'gte-small', folder, ...(pinned === undefined ? {} : { pinned }) });
    await expect(reading).rejects.toThrow(`${join(folder, name)} is not the file it should be: its SHA-256 is`);
  });

  it.each([
    ['tokenizer.json', 'is missing'],
    ['config.json', 'is missing'],
    ['model.onnx', 'has neither onnx/model.onnx nor model.onnx'],
  ])('says that %s is missing', async (name, message) => {
    await rm(join(folder, name));
    await expect(readModelFiles(own)).rejects.toThrow(message);
    await expect(readModelFiles(own)).rejects.toThrow(folder);
  });

  it.each([
    ['config.json', '{"hidden_size":"many"}', 'config.json cannot be used'],
    ['config.json', '{', 'config.json cannot be used'],
    ['tokenizer.json', '{}', 'tokenizer.json cannot be used'],
    ['model.onnx_data', 'x', 'second file'],
    ['1_Pooling/config.json', '{"pooling_mode_max_tokens":true}', 'neither mean nor cls'],
  ])('refuses a %s of %s', async (name, content, message) => {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
    await expect(readModelFiles(own)).rejects.toThrow(message);
  });

  it.each([
    ['that does not exist', 'nowhere', 'cannot be read (ENOENT)'],
    ['that is a file', 'config.json', 'is not a folder'],
  ])('refuses a folder %s', async (_, name, message) => {
    await expect(readModelFiles(locateModel(join(folder, name)))).rejects.toThrow(message);
  });
});
