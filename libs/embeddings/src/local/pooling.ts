import type { Pooling } from '@vectorlane/domain';

/**
 * One vector of length 1 from a model's hidden states.
 * @param states row after row, `rows` × `dimension`
 * @throws Error when a number is not finite or all are zero: such a vector would poison every comparison
 */
export function poolAndNormalise(
  states: Float32Array,
  rows: number,
  dimension: number,
  pooling: Pooling,
): Float32Array<ArrayBuffer> {
  const vector = new Float32Array(dimension);
  // The text stands alone in its run, so that no row is padding and the attention mask is all ones.
  const pooled = pooling === 'cls' ? 1 : rows;
  const sums = new Float64Array(dimension);
  for (let row = 0; row < pooled; row += 1) {
    const offset = row * dimension;
    for (let at = 0; at < dimension; at += 1) sums[at] = (sums[at] as number) + (states[offset + at] as number);
  }
  let squares = 0;
  for (const sum of sums) squares += sum * sum;
  const length = Math.sqrt(squares);
  if (!Number.isFinite(length) || length === 0) throw new Error('the model gave no usable vector');
  // Dividing by the number of rows would cancel out against the length.
  for (let at = 0; at < dimension; at += 1) vector[at] = (sums[at] as number) / length;
  return vector;
}
