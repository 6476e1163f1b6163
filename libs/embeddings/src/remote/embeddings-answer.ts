import { EndpointError } from './endpoint-error';

export interface ExpectedEmbeddings {
  readonly dimension?: number | undefined;
  readonly model?: string | undefined;
}

/**
 * Reads what `POST /embeddings` answers: `{"data":[{"index":0,"embedding":[…]},…]}`, in any order, every index once.
 * Strict, because a vector at the wrong text or of the wrong kind would be stored for good and never be noticed.
 * @param expected dimension of every vector (left out, the first one decides), and the model the answer has to name
 * @returns L2-normalised vectors in the order of the texts
 * @throws EndpointError `final`
 */
export function readEmbeddings(body: string, texts: number, expected: ExpectedEmbeddings = {}): Float32Array[] {
  const { data, model } = partsOf(body);
  if (expected.model !== undefined && model !== expected.model) {
    throw new EndpointError('final', `answered with vectors of another model than ${expected.model}`);
  }
  if (data.length !== texts) throw malformed(`has ${data.length} vectors for ${texts} texts`);
  const vectors = new Array<Float32Array | undefined>(texts).fill(undefined);
  let { dimension } = expected;
  for (const entry of data) {
    const { index, embedding } = Object(entry) as { index?: unknown; embedding?: unknown };
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= texts) {
      throw malformed('has a vector without a valid index');
    }
    if (vectors[index] !== undefined) throw malformed(`has the index ${index} twice`);
    if (!Array.isArray(embedding)) throw malformed('has a vector that is no list of numbers');
    dimension ??= embedding.length;
    if (embedding.length !== dimension) {
      throw new EndpointError(
        'final',
        `answered with vectors of ${embedding.length} dimensions instead of ${dimension}`,
      );
    }
    vectors[index] = normalised(embedding);
  }
  // As many entries as texts and no index twice: every place is filled.
  return vectors as Float32Array[];
}

function partsOf(body: string): { data: unknown[]; model: unknown } {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    throw malformed('is no valid JSON');
  }
  const { data, model } = Object(answer) as { data?: unknown; model?: unknown };
  if (!Array.isArray(data)) throw malformed('has no list "data"');
  return { data, model };
}

function normalised(numbers: readonly unknown[]): Float32Array {
  let squares = 0;
  for (const number of numbers) {
    if (typeof number !== 'number' || !Number.isFinite(number)) throw malformed('has a vector that is not all numbers');
    squares += number * number;
  }
  const length = Math.sqrt(squares);
  if (length === 0 || !Number.isFinite(length)) throw malformed('has a vector without a direction');
  return Float32Array.from(numbers as readonly number[], (number) => number / length);
}

function malformed(what: string): EndpointError {
  return new EndpointError('final', `gave an answer that ${what}`);
}
