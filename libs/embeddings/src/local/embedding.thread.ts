import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { poolAndNormalise } from './pooling';
import { IN_NATIVE_CODE, PROCESS_ENDS, type ThreadData, type ThreadReply, type ThreadRequest } from './thread-protocol';

/**
 * One copy of the model on one core. A run blocks its thread, hence a thread of its own; it works one text at a time,
 * because on a CPU batches gain nothing, cost memory, and make dynamic int8 depend on the neighbours in the batch.
 */

const port = parentPort;
if (port === null) throw new Error('embedding.thread runs as a worker thread');
const { weights, dimension, pooling, marks } = workerData as ThreadData;

/** Scaling is by threads like this one; a pool inside would spin on the cores of the others. */
const options: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  // It pays for inputs of one length; texts have hundreds, and a pattern would be kept for each.
  enableMemPattern: false,
  extra: { session: { intra_op: { allow_spinning: '0' } } },
  logSeverityLevel: 3,
};

function reply(message: ThreadReply): void {
  port?.postMessage(message, message.kind === 'vector' ? [message.vector.buffer] : []);
}

/**
 * Ending the thread from outside while native code runs aborts the whole process. The mark is set before the other
 * side's is read, and there the other way round: either the exit sees this run and waits for it, or this run sees the
 * exit and never begins.
 */
async function natively<T>(work: () => Promise<T>): Promise<T> {
  Atomics.store(marks, IN_NATIVE_CODE, 1);
  if (Atomics.load(marks, PROCESS_ENDS) === 1) {
    leaveNativeCode();
    return new Promise<never>(() => undefined);
  }
  try {
    return await work();
  } finally {
    leaveNativeCode();
  }
}

function leaveNativeCode(): void {
  Atomics.store(marks, IN_NATIVE_CODE, 0);
  Atomics.notify(marks, IN_NATIVE_CODE);
}

function load(): Promise<InferenceSession> {
  if (typeof weights === 'string') return InferenceSession.create(weights, options);
  // A copy, because ONNX Runtime takes no shared memory; it is garbage as soon as the model is loaded.
  return InferenceSession.create(new Uint8Array(new Uint8Array(weights)), options);
}

async function vectorOf(session: InferenceSession, ids: Int32Array): Promise<Float32Array<ArrayBuffer>> {
  const shape = [1, ids.length];
  const feeds: Record<string, Tensor> = {};
  for (const name of session.inputNames) {
    if (name === 'input_ids') feeds[name] = new Tensor('int64', BigInt64Array.from(ids, BigInt), shape);
    else if (name === 'attention_mask')
      feeds[name] = new Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape);
    else if (name === 'token_type_ids') feeds[name] = new Tensor('int64', new BigInt64Array(ids.length), shape);
    else throw new Error(`the model wants an input "${name}" that BERT-like models do not have`);
  }
  const outputName = session.outputNames.includes('last_hidden_state') ? 'last_hidden_state' : session.outputNames[0];
  if (outputName === undefined) throw new Error('the model has no output');
  const output = (await natively(() => session.run(feeds, [outputName])))[outputName];
  const states = output?.data;
  if (!(states instanceof Float32Array) || states.length !== ids.length * dimension) {
    const found = output === undefined ? 'nothing' : `${output.type} ${output.dims.join(' × ')}`;
    throw new Error(`the model's output is ${found}, expected float32 1 × ${ids.length} × ${dimension}`);
  }
  return poolAndNormalise(states, ids.length, dimension, pooling);
}

async function answer(session: InferenceSession, ids: Int32Array): Promise<void> {
  try {
    reply({ kind: 'vector', vector: await vectorOf(session, ids) });
  } catch (error) {
    reply({ kind: 'refused', reason: error instanceof Error ? error.message : String(error) });
  }
}

async function main(): Promise<void> {
  const session = await natively(load);
  // The shortest possible text: a model that cannot do this one fails the start, not the first document.
  await vectorOf(session, Int32Array.of(0, 0));
  port?.on('message', (request: ThreadRequest) => {
    if (request.kind === 'text') void answer(session, request.ids);
    // With the port closed nothing keeps the thread but the text in hand.
    else port?.close();
  });
  reply({ kind: 'ready' });
}

// Nobody awaits this: a failed load has to end the thread, and its error event tells the provider why.
main().catch((error: unknown) => {
  setImmediate(() => {
    throw error;
  });
});
