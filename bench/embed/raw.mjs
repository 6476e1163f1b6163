// A bare loop over ONNX Runtime on one thread: the same weights, tokens made beforehand, nothing around it. Its session
// has the options that are best for such texts, which are those of the service.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { answerAs } from '../support/contender.mjs';
import { openModel } from '../support/model.mjs';

const { weights, dimension, encode } = await openModel(process.argv[2] ?? '');
const session = await InferenceSession.create(weights, {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableMemPattern: false,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
  logSeverityLevel: 3,
});
/** @type {{ ids: Tensor, mask: Tensor, types: Tensor, length: number }[]} */
let inputs = [];

/** @param {{ ids: Tensor, mask: Tensor, types: Tensor, length: number }} input */
async function vectorOf({ ids, mask, types, length }) {
  const feeds = { input_ids: ids, attention_mask: mask, token_type_ids: types };
  const { last_hidden_state: output } = await session.run(feeds);
  const states = /** @type {Float32Array} */ (output.data);
  const sums = new Float64Array(dimension);
  for (let row = 0; row < length; row += 1) {
    for (let at = 0; at < dimension; at += 1) sums[at] += states[row * dimension + at];
  }
  const norm = Math.hypot(...sums);
  return Float32Array.from(sums, (sum) => sum / norm);
}

answerAs(0, {
  /** @param {string[]} texts */
  texts: (texts) => {
    inputs = texts.map((text) => {
      const ids = BigInt64Array.from(encode(text), BigInt);
      /** @param {BigInt64Array} numbers */
      const tensor = (numbers) => new Tensor('int64', numbers, [1, numbers.length]);
      const mask = tensor(new BigInt64Array(ids.length).fill(1n));
      return { ids: tensor(ids), mask, types: tensor(new BigInt64Array(ids.length)), length: ids.length };
    });
  },
  /** @param {number[]} numbers of the texts */
  embed: async (numbers) => {
    for (const number of numbers) await vectorOf(inputs[number]);
  },
  /** @param {number[]} numbers */
  vectors: async (numbers) => {
    const vectors = [];
    for (const number of numbers) vectors.push([...(await vectorOf(inputs[number]))]);
    return vectors;
  },
});
