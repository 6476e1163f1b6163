/**
 * A vector as pgvector's binary wire format: dimension (int16), unused (int16), then big-endian float32s. For vectors
 * that are stored, which are many: as text, by the package `pgvector`, each costs ten times the CPU (75 against 7 µs at
 * 384 numbers) and five times the bytes.
 */
export function vectorParameter(vector: Float32Array): Buffer {
  const buffer = Buffer.allocUnsafe(4 + vector.length * 4);
  buffer.writeInt16BE(vector.length, 0);
  buffer.writeInt16BE(0, 2);
  for (let index = 0; index < vector.length; index += 1) buffer.writeFloatBE(vector[index] ?? 0, 4 + index * 4);
  return buffer;
}
