/**
 * The little of the protobuf wire format that rewriting an ONNX file takes: fields are read as views of the file and
 * written as chunks, so that what is not touched is never decoded, and a message of 100 MB costs its own size once.
 */

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

export interface WireField {
  readonly number: number;
  /** Value of a varint field, exact up to 2^53; 0 for every other kind. */
  readonly value: number;
  /** Content of a length-delimited field, empty for every other kind. A view, not a copy. */
  readonly bytes: Uint8Array;
  /** The field as it stands, tag included. */
  readonly raw: Uint8Array;
}

/**
 * The fields of one message, in the order of the file.
 * @throws Error when the message ends within a field or has a wire type of no use here
 */
export function* readFields(message: Uint8Array): Generator<WireField, void, undefined> {
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = message[at];
      if (byte === undefined || factor > 2 ** 63) throw new Error('a protobuf message is cut off or damaged');
      at += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
  };
  while (at < message.length) {
    const start = at;
    const tag = readVarint();
    const wireType = tag % 8;
    let value = 0;
    let contentStart = at;
    if (wireType === VARINT) {
      value = readVarint();
      contentStart = at;
    } else if (wireType === LENGTH_DELIMITED) {
      const length = readVarint();
      contentStart = at;
      at += length;
    } else if (wireType === FIXED_64 || wireType === FIXED_32) {
      at += wireType === FIXED_64 ? 8 : 4;
      contentStart = at;
    } else {
      throw new Error(`a protobuf field has wire type ${wireType}`);
    }
    if (at > message.length) throw new Error('a protobuf message is cut off or damaged');
    const bytes = message.subarray(contentStart, at);
    yield { number: Math.floor(tag / 8), value, bytes, raw: message.subarray(start, at) };
  }
}

/** All varints of a packed repeated field. */
export function readPackedVarints(bytes: Uint8Array): number[] {
  const values: number[] = [];
  let value = 0;
  let factor = 1;
  for (const byte of bytes) {
    value += (byte & 0x7f) * factor;
    factor *= 0x80;
    if (byte >= 0x80) continue;
    values.push(value);
    value = 0;
    factor = 1;
  }
  return values;
}

export function varintField(field: number, value: number): Uint8Array {
  return Uint8Array.from([...varint(field * 8 + VARINT), ...varint(value)]);
}

export function stringField(field: number, text: string): Uint8Array {
  return concat(messageField(field, [Buffer.from(text, 'utf8')]));
}

/** Tag and length, then the parts as they are: large content is not copied. */
export function messageField(field: number, parts: readonly Uint8Array[]): Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [Uint8Array.from([...varint(field * 8 + LENGTH_DELIMITED), ...varint(length)]), ...parts];
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return bytes;
}
