/**
 * A vector as pgvector's binary wire format: dimension (int16), unused (int16), then big-endian float32s. As text the
 * same vector costs several times the CPU on both sides, and loses nothing but time.
 */
export function vectorParameter(vector: Float32Array): Buffer {
  const buffer = Buffer.allocUnsafe(4 + vector.length * 4);
  buffer.writeInt16BE(vector.length, 0);
  buffer.writeInt16BE(0, 2);
  for (let index = 0; index < vector.length; index += 1) buffer.writeFloatBE(vector[index] ?? 0, 4 + index * 4);
  return buffer;
}
