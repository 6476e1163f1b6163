import { Duplex } from 'node:stream';
import { concatBytes } from './wire-protocol';

/** The side of the engine a stream talks to. */
export interface EngineLink {
  /** Resolves when the thread listens to this stream; rejects when the engine cannot run. */
  attach(stream: EngineStream): Promise<void>;
  /** Hands `bytes` over; their buffer is gone from this thread afterwards. */
  send(stream: EngineStream, bytes: Uint8Array): void;
  end(stream: EngineStream): void;
  detach(stream: EngineStream): void;
}

type WriteCallback = (error?: Error | null) => void;

/**
 * What `pg` takes for its TCP socket: one connection to the embedded engine. There is no port: bytes go through a
 * message port inside this process, so no other user or process can knock.
 *
 * One write is under way at a time, and is done when the thread has taken it; what comes back is an answer the engine
 * holds in memory anyway, so it is passed on at once.
 */
export class EngineStream extends Duplex {
  private pendingWrite: WriteCallback | undefined;

  constructor(
    private readonly link: EngineLink,
    readonly id: number,
  ) {
    // A client that ends has sent its last message: nothing more is read after it.
    super({ allowHalfOpen: false, decodeStrings: true });
  }

  /** As `net.Socket`; the address `pg` gives means nothing here. */
  connect(): this {
    this.link.attach(this).then(
      () => {
        if (!this.destroyed) this.emit('connect');
      },
      (error: Error) => this.destroy(error),
    );
    return this;
  }

  /** The parts of `net.Socket` that pg calls and a message port has no need of. */
  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  /** The thread takes more again. */
  taken(): void {
    const done = this.pendingWrite;
    this.pendingWrite = undefined;
    done?.();
  }

  received(bytes: Uint8Array): void {
    this.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  /** The thread will say nothing more. */
  ended(): void {
    this.taken();
    this.push(null);
  }

  override _read(): void {
    // Answers are pushed as they come.
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: WriteCallback): void {
    this.hand([chunk], callback);
  }

  override _writev(chunks: { chunk: Uint8Array }[], callback: WriteCallback): void {
    this.hand(
      chunks.map(({ chunk }) => chunk),
      callback,
    );
  }

  override _final(callback: WriteCallback): void {
    this.link.end(this);
    this.push(null);
    callback();
  }

  override _destroy(error: Error | null, callback: WriteCallback): void {
    this.link.detach(this);
    const done = this.pendingWrite;
    this.pendingWrite = undefined;
    done?.(error);
    callback(error);
  }

  private hand(parts: readonly Uint8Array[], callback: WriteCallback): void {
    this.pendingWrite = callback;
    // Always a copy: pg's buffers lie in a pool they share with others, and a port would take the whole pool along.
    this.link.send(this, concatBytes(parts));
  }
}
