import { SessionBridge } from './session-bridge';
import type { ThreadReply } from './thread-protocol';
import { concatBytes, encodeQuery, SYNC } from './wire-protocol';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function startup(parameters = ''): Uint8Array {
  const body = `user\0postgres\0${parameters}\0`;
  const packet = Buffer.alloc(8 + body.length);
  packet.writeInt32BE(packet.length, 0);
  packet.writeInt32BE(3 << 16, 4);
  packet.write(body, 8);
  return new Uint8Array(packet);
}

/** An engine that knows BEGIN, COMMIT and ROLLBACK and remembers what it was given, in order. */
class FakeEngine {
  readonly executed: string[] = [];
  readonly limits: number[] = [];
  private status = 'I';

  readonly execute = (bytes: Uint8Array, limitMs: number): Uint8Array => {
    const batch = text(bytes);
    this.limits.push(limitMs);
    this.executed.push(
      /user\0/.test(batch) ? 'startup' : (/(BEGIN|COMMIT|ROLLBACK|DISCARD ALL|[a-z]+\d+)/.exec(batch)?.[0] ?? batch),
    );
    if (batch.includes('BEGIN')) this.status = 'T';
    if (/COMMIT|ROLLBACK/.test(batch)) this.status = 'I';
    const unfinished = batch.includes('flush');
    return unfinished ? new Uint8Array([0x31]) : new Uint8Array(Buffer.from(`Z\0\0\0\x05${this.status}`, 'latin1'));
  };
}

function setUp(): {
  engine: FakeEngine;
  bridge: SessionBridge;
  replies: ThreadReply[];
  connect: (id: number, parameters?: string) => void;
  query: (id: number, sql: string) => void;
} {
  const engine = new FakeEngine();
  const replies: ThreadReply[] = [];
  const bridge = new SessionBridge(engine.execute, (reply) => replies.push(reply));
  return {
    engine,
    bridge,
    replies,
    connect: (id, parameters) => {
      bridge.receive({ type: 'open', client: id });
      bridge.receive({ type: 'chunk', client: id, bytes: startup(parameters) });
    },
    query: (id, sql) => bridge.receive({ type: 'chunk', client: id, bytes: encodeQuery(sql) }),
  };
}

const flush = new Uint8Array([0x48, 0, 0, 0, 4]);
const parse = (name: string): Uint8Array => {
  const body = `${name}\0\0\0\0`;
  const framed = Buffer.alloc(5 + body.length);
  framed.write('P', 0);
  framed.writeInt32BE(4 + body.length, 1);
  framed.write(body, 5);
  return new Uint8Array(framed);
};

afterEach(() => jest.useRealTimers());

it('lets nobody in while a transaction is open, and then in the order they asked', () => {
  const { engine, connect, query } = setUp();
  connect(1);
  connect(2);
  connect(3);
  query(1, 'BEGIN');
  query(3, 'c1');
  query(2, 'b1');
  query(1, 'a1');
  expect(engine.executed.slice(3)).toEqual(['BEGIN', 'a1']);
  query(1, 'COMMIT');
  expect(engine.executed.slice(3)).toEqual(['BEGIN', 'a1', 'COMMIT', 'c1', 'b1']);
});

it('runs a batch whole, however it comes in', () => {
  const { engine, bridge, connect, query } = setUp();
  connect(1);
  connect(2);
  const batch = concatBytes([parse('statement1'), SYNC]);
  bridge.receive({ type: 'chunk', client: 1, bytes: batch.slice(0, 7) });
  query(2, 'b1');
  bridge.receive({ type: 'chunk', client: 1, bytes: batch.slice(7) });
  expect(engine.executed.slice(2)).toEqual(['b1', 'statement1']);
});

it('holds the session between a flush and its sync', () => {
  const { engine, bridge, connect, query } = setUp();
  connect(1);
  connect(2);
  bridge.receive({ type: 'chunk', client: 1, bytes: concatBytes([parse('flush1'), flush]) });
  query(2, 'b1');
  expect(engine.executed.slice(2)).toEqual(['flush1']);
  bridge.receive({ type: 'chunk', client: 1, bytes: concatBytes([parse('rest1'), SYNC]) });
  expect(engine.executed.slice(2)).toEqual(['flush1', 'rest1', 'b1']);
});

it('rolls back what a client leaves open, and serves who waited', () => {
  const { engine, bridge, connect, query } = setUp();
  connect(1);
  connect(2);
  query(1, 'BEGIN');
  query(2, 'b1');
  bridge.receive({ type: 'gone', client: 1 });
  expect(engine.executed.slice(2)).toEqual(['BEGIN', 'ROLLBACK', 'b1']);
});

it('wipes the session when the last client leaves, before the next one begins, and not under another', () => {
  const { engine, bridge, connect, query } = setUp();
  connect(1);
  connect(2);
  bridge.receive({ type: 'end', client: 1 });
  query(2, 'b1');
  bridge.receive({ type: 'gone', client: 2 });
  connect(3);
  expect(engine.executed).toEqual(['startup', 'startup', 'b1', 'DISCARD ALL', 'startup']);
});

it('runs nothing any more of a client that is gone', () => {
  const { engine, bridge, connect, query } = setUp();
  connect(1);
  connect(2);
  query(1, 'BEGIN');
  query(2, 'b1');
  bridge.receive({ type: 'gone', client: 2 });
  query(1, 'COMMIT');
  query(2, 'b2');
  expect(engine.executed.slice(2)).toEqual(['BEGIN', 'COMMIT']);
});

it('rolls back a transaction left idle over its bound and says so', () => {
  jest.useFakeTimers();
  const { engine, connect, query, replies } = setUp();
  connect(1, 'idle_in_transaction_session_timeout\x00500\0');
  connect(2);
  query(1, 'BEGIN');
  jest.advanceTimersByTime(400);
  query(1, 'a1');
  query(2, 'b1');
  jest.advanceTimersByTime(499);
  expect(engine.executed.slice(2)).toEqual(['BEGIN', 'a1']);
  jest.advanceTimersByTime(1);
  expect(engine.executed.slice(2)).toEqual(['BEGIN', 'a1', 'ROLLBACK', 'b1']);
  const told = replies.find((reply) => reply.type === 'data' && text(reply.bytes).includes('C25P03'));
  expect(told).toMatchObject({ client: 1 });
  expect(replies).toContainEqual({ type: 'ended', client: 1 });
});

it('never lets a COPY FROM STDIN read on: each statement is followed by its refusal', () => {
  const batches: string[] = [];
  const bridge = new SessionBridge(
    (bytes) => {
      batches.push(text(bytes));
      return new Uint8Array(Buffer.from('Z\0\0\0\x05I', 'latin1'));
    },
    () => undefined,
  );
  bridge.receive({ type: 'open', client: 1 });
  bridge.receive({ type: 'chunk', client: 1, bytes: startup() });
  bridge.receive({ type: 'chunk', client: 1, bytes: encodeQuery('COPY t FROM STDIN') });
  expect(batches[1]).toMatch(/COPY t FROM STDIN\0f[^]*not available/);
  // The client's own refusal comes late and goes nowhere.
  bridge.receive({ type: 'chunk', client: 1, bytes: new Uint8Array([0x66, 0, 0, 0, 5, 0]) });
  expect(batches).toHaveLength(2);
});

it('acknowledges a chunk when the next one can be taken', () => {
  const { bridge, connect, query, replies } = setUp();
  connect(1);
  connect(2);
  query(1, 'BEGIN');
  replies.length = 0;
  query(2, 'b1');
  expect(replies).toEqual([]);
  query(1, 'COMMIT');
  expect(
    replies.map((reply) => ('client' in reply ? [reply.type, reply.client, 'taken' in reply && reply.taken] : [])),
  ).toEqual([
    ['data', 1, true],
    ['data', 2, true],
  ]);
  replies.length = 0;
  bridge.receive({ type: 'chunk', client: 1, bytes: encodeQuery('a1').slice(0, 3) });
  expect(replies).toEqual([{ type: 'taken', client: 1 }]);
});

it('tells each batch its bound', () => {
  const { engine, connect, query } = setUp();
  connect(1, 'statement_timeout\x001234\0');
  query(1, 'a1');
  expect(engine.limits).toEqual([1234, 1234]);
});

it('turns away more clients than it can hold, and who breaks the protocol', () => {
  const { bridge, connect, replies } = setUp();
  for (let id = 1; id <= 100; id += 1) connect(id);
  bridge.receive({ type: 'open', client: 101 });
  expect(replies.at(-1)).toEqual({ type: 'ended', client: 101 });
  bridge.receive({ type: 'chunk', client: 5, bytes: new Uint8Array([0x7a, 0, 0, 0, 4]) });
  expect(replies.at(-1)).toEqual({ type: 'ended', client: 5 });
});

it('gives up an engine that gives no finished answer', () => {
  const bridge = new SessionBridge(
    () => new Uint8Array(0),
    () => undefined,
  );
  bridge.receive({ type: 'open', client: 1 });
  expect(() => bridge.receive({ type: 'chunk', client: 1, bytes: startup() })).toThrow(/no finished answer/);
});

it('rolls back and ends the session when it is closed', () => {
  const { engine, bridge, connect, query, replies } = setUp();
  connect(1);
  query(1, 'BEGIN');
  bridge.close();
  expect(engine.executed).toEqual(['startup', 'BEGIN', 'ROLLBACK', 'DISCARD ALL']);
  expect(replies.at(-1)).toEqual({ type: 'ended', client: 1 });
});
