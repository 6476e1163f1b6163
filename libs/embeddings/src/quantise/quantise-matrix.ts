/** A matrix as int8 with one scale per row or column: value ≈ int8 × scale. */
export interface QuantisedMatrix {
  readonly dimensions: readonly [number, number];
  readonly values: Int8Array;
  readonly scaleDimensions: readonly number[];
  readonly scales: Float32Array;
}

/**
 * Seven bits instead of eight. Processors without VNNI add two products into 16 bits, which full eight bits overflow:
 * the same text would get another vector there. It costs next to nothing (cosine to fp32 0.9988 against 0.9991).
 */
const LEVELS = 63;
const { abs, round } = Math;

/**
 * Symmetric quantisation, so that zero stays zero and no zero point has to be carried along.
 * @param rawData little-endian fp32, row after row
 * @param scalePer a look-up table wants a scale per row, the right side of a product one per column
 */
export function quantiseMatrix(
  rawData: Uint8Array,
  rows: number,
  columns: number,
  scalePer: 'row' | 'column',
): QuantisedMatrix {
  if (rawData.length !== rows * columns * 4)
    throw new Error(`a matrix of ${rows} × ${columns} has ${rawData.length} bytes`);
  // A copy: protobuf aligns nothing, typed arrays must be.
  const source = new Float32Array(new Uint8Array(rawData).buffer);
  const byRow = scalePer === 'row';
  const scales = new Float32Array(byRow ? rows : columns);
  for (let row = 0, at = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1, at += 1) {
      const channel = byRow ? row : column;
      const magnitude = abs(source[at] as number);
      if (magnitude > (scales[channel] as number)) scales[channel] = magnitude;
    }
  }
  for (let channel = 0; channel < scales.length; channel += 1) {
    // A channel of zeros has no range; any scale but zero stands for it.
    scales[channel] = scales[channel] === 0 ? 1 : (scales[channel] as number) / LEVELS;
  }
  const values = new Int8Array(source.length);
  for (let row = 0, at = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1, at += 1) {
      values[at] = round((source[at] as number) / (scales[byRow ? row : column] as number));
    }
  }
  return { dimensions: [rows, columns], values, scaleDimensions: byRow ? [rows, 1] : [columns], scales };
}
