/**
 * The little of PostgreSQL's wire protocol (version 3) that the embedded engine needs to keep clients apart: where one
 * message ends, where a batch ends, whether a transaction is open. What the messages say is PGlite's business.
 * Source: PostgreSQL documentation, "Message Formats".
 */

/** A client broke the protocol, or asked for more than is held in memory for it; its connection ends with this. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';

  /** @param code SQLSTATE told to the client */
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** One message of a client. `type` is the letter of the protocol, or `startup` for the first one, which has none. */
export interface FrontendMessage {
  readonly type: string;
  /** Header included. */
  readonly bytes: Uint8Array;
}

/** Largest single message. A document's text is the largest parameter we send; PostgreSQL's own bound is 1 GiB. */
export const MAX_MESSAGE_BYTES = 256 * 1024 * 1024;
const MAX_STARTUP_BYTES = 10_000;
const HEADER_BYTES = 5;
const STARTUP_HEADER_BYTES = 8;
const PROTOCOL_3 = 3;
/** Query, Parse, Bind, Describe, Execute, Close, Flush, Sync, FunctionCall, Terminate, CopyData, CopyDone, CopyFail. */
const FRONTEND_TYPES = new Set('QPBDECHSFXdcf');

/** Cuts a client's bytes, however they arrive, into whole messages. Holds at most one unfinished message. */
export class FrontendFramer {
  private chunks: Uint8Array[] = [];
  private buffered = 0;
  private needed = STARTUP_HEADER_BYTES;
  private started = false;

  /**
   * @returns the messages that `chunk` completes; those before a bad one are lost with it, as the connection is
   * @throws ProtocolError when what comes is no message of a client, or too large
   */
  push(chunk: Uint8Array): FrontendMessage[] {
    this.chunks.push(chunk);
    this.buffered += chunk.length;
    // Until a message is whole its chunks only pile up: joining them on each arrival would be quadratic.
    if (this.buffered < this.needed) return [];
    let rest = this.chunks.length === 1 ? chunk : concatBytes(this.chunks);
    const messages: FrontendMessage[] = [];
    for (;;) {
      this.needed = this.lengthOfFirst(rest);
      if (rest.length < this.needed) break;
      const type = this.started ? String.fromCharCode(rest[0] ?? 0) : 'startup';
      messages.push({ type, bytes: rest.subarray(0, this.needed) });
      this.started = true;
      rest = rest.subarray(this.needed);
    }
    this.chunks = rest.length === 0 ? [] : [rest];
    this.buffered = rest.length;
    return messages;
  }

  /** Bytes the first message of `bytes` takes, or the header's while that is not there yet. */
  private lengthOfFirst(bytes: Uint8Array): number {
    if (!this.started) {
      if (bytes.length < STARTUP_HEADER_BYTES) return STARTUP_HEADER_BYTES;
      const length = readInt32(bytes, 0);
      if (readInt32(bytes, 4) >>> 16 !== PROTOCOL_3 || length < STARTUP_HEADER_BYTES || length > MAX_STARTUP_BYTES) {
        throw new ProtocolError('08P01', 'the first message is no startup packet of protocol 3');
      }
      return length;
    }
    if (bytes.length < HEADER_BYTES) return HEADER_BYTES;
    const type = String.fromCharCode(bytes[0] ?? 0);
    const length = readInt32(bytes, 1);
    // PGlite ends its process on a letter it does not know, so none may reach it.
    if (!FRONTEND_TYPES.has(type) || length < 4) throw new ProtocolError('08P01', `no message of a client: "${type}"`);
    if (length > MAX_MESSAGE_BYTES) {
      throw new ProtocolError('54000', `a message of ${length} bytes is over the bound of ${MAX_MESSAGE_BYTES}`);
    }
    return length + 1;
  }
}

/** The settings a client asked for in its startup packet: `user`, `statement_timeout`, … */
export function readStartupParameters(packet: Uint8Array): ReadonlyMap<string, string> {
  const words = Buffer.from(
    packet.buffer,
    packet.byteOffset + STARTUP_HEADER_BYTES,
    packet.length - STARTUP_HEADER_BYTES,
  )
    .toString('utf8')
    .split('\0');
  const parameters = new Map<string, string>();
  for (let index = 0; index + 1 < words.length && words[index] !== ''; index += 2) {
    parameters.set(words[index] ?? '', words[index + 1] ?? '');
  }
  return parameters;
}

/** `I` idle, `T` in a transaction, `E` in a failed one. */
export type TransactionStatus = 'I' | 'T' | 'E';

/** What the last message of an answer says of the transaction; undefined when the answer is not a finished one. */
export function readTransactionStatus(answer: Uint8Array): TransactionStatus | undefined {
  const at = answer.length - 6;
  if (at < 0 || answer[at] !== 'Z'.charCodeAt(0) || readInt32(answer, at + 1) !== 5) return undefined;
  const status = String.fromCharCode(answer[at + 5] ?? 0);
  return status === 'I' || status === 'T' || status === 'E' ? status : undefined;
}

export const SYNC = encodeMessage('S', '');
/** Refuses a COPY FROM STDIN; the backend ignores it in every other state. */
export const COPY_FAIL = encodeMessage('f', 'COPY FROM STDIN is not available in the embedded database\0');

export function encodeQuery(sql: string): Uint8Array {
  return encodeMessage('Q', `${sql}\0`);
}

/** An ErrorResponse of severity FATAL, after which the connection ends. */
export function encodeFatal(code: string, message: string): Uint8Array {
  return encodeMessage('E', `SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

function encodeMessage(type: string, body: string): Uint8Array {
  const bytes = Buffer.from(body, 'utf8');
  const message = new Uint8Array(HEADER_BYTES + bytes.length);
  message[0] = type.charCodeAt(0);
  new DataView(message.buffer).setInt32(1, bytes.length + 4);
  message.set(bytes, HEADER_BYTES);
  return message;
}

function readInt32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getInt32(offset);
}
