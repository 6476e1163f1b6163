import fc from 'fast-check';
import {
  concatBytes,
  encodeFatal,
  encodeQuery,
  FrontendFramer,
  ProtocolError,
  readStartupParameters,
  SYNC,
} from './wire-protocol';
import { readTransactionStatus } from './wire-protocol';

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

function startupPacket(parameters: Record<string, string>): Uint8Array {
  const body = `${Object.entries(parameters).flat().join('\0')}\0\0`;
  const packet = Buffer.alloc(8 + Buffer.byteLength(body));
  packet.writeInt32BE(packet.length, 0);
  packet.writeInt32BE(3 << 16, 4);
  packet.write(body, 8);
  return new Uint8Array(packet);
}

function message(type: string, body: Uint8Array): Uint8Array {
  const framed = Buffer.alloc(5 + body.length);
  framed.write(type, 0);
  framed.writeInt32BE(4 + body.length, 1);
  framed.set(body, 5);
  return new Uint8Array(framed);
}

describe('FrontendFramer', () => {
  it('finds the same messages however the bytes are cut', () => {
    const messages = fc.array(fc.tuple(fc.constantFrom(...'QPBDECHSF'), fc.uint8Array({ maxLength: 200 })), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(
        messages,
        fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 50 }),
        (given, cuts) => {
          const startup = startupPacket({ user: 'postgres' });
          const framed = given.map(([type, body]) => message(type, body));
          const all = concatBytes([startup, ...framed]);
          const framer = new FrontendFramer();
          const found = [];
          for (let offset = 0, turn = 0; offset < all.length; turn += 1) {
            const length = cuts[turn % cuts.length] ?? 1;
            found.push(...framer.push(all.slice(offset, offset + length)));
            offset += length;
          }
          expect(found.map(({ type }) => type)).toEqual(['startup', ...given.map(([type]) => type)]);
          expect(found.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).toEqual(
            [startup, ...framed].map((bytes) => Buffer.from(bytes).toString('hex')),
          );
        },
      ),
    );
  });

  it.each([
    ['no startup packet', bytesOf('GET / HTTP/1.1\r\n\r\n'), '08P01'],
    ['another version of the protocol', bytesOf('\0\0\0\x08\0\x02\0\0'), '08P01'],
    ['a startup packet without an end', bytesOf('\x7f\0\0\0\0\x03\0\0'), '08P01'],
  ])('refuses %s', (_, bytes, code) => {
    expect(() => new FrontendFramer().push(bytes)).toThrow(expect.objectContaining({ name: 'ProtocolError', code }));
  });

  it.each([
    ['a letter that is none of a client', bytesOf('z\0\0\0\x04'), '08P01'],
    ['a length below its own', bytesOf('Q\0\0\0\x03'), '08P01'],
    ['a message over the bound, before it has come', bytesOf('Q\x7f\0\0\0'), '54000'],
  ])('refuses %s', (_, bytes, code) => {
    const framer = new FrontendFramer();
    framer.push(startupPacket({ user: 'postgres' }));
    expect(() => framer.push(bytes)).toThrow(ProtocolError);
    const other = new FrontendFramer();
    other.push(startupPacket({ user: 'postgres' }));
    expect(() => other.push(bytes)).toThrow(expect.objectContaining({ code }));
  });
});

describe('messages', () => {
  it('reads the settings of a startup packet', () => {
    const parameters = { user: 'postgres', statement_timeout: '30000', application_name: 'käse' };
    expect(Object.fromEntries(readStartupParameters(startupPacket(parameters)))).toEqual(parameters);
    expect(readStartupParameters(startupPacket({})).size).toBe(0);
  });

  it('reads a startup packet that lies inside a larger buffer', () => {
    const shifted = concatBytes([bytesOf('xyz'), startupPacket({ user: 'a' })]).subarray(3);
    expect(readStartupParameters(shifted).get('user')).toBe('a');
  });

  it('reads the transaction status off the end of an answer', () => {
    const done = bytesOf('C\0\0\0\x0dSELECT 1\0');
    for (const status of ['I', 'T', 'E'] as const) {
      expect(readTransactionStatus(concatBytes([done, bytesOf(`Z\0\0\0\x05${status}`)]))).toBe(status);
    }
    expect(readTransactionStatus(done)).toBeUndefined();
    expect(readTransactionStatus(new Uint8Array(0))).toBeUndefined();
  });

  it('encodes what PostgreSQL expects', () => {
    expect(Buffer.from(encodeQuery('ü')).toString('hex')).toBe('5100000007c3bc00');
    expect(Buffer.from(SYNC).toString('hex')).toBe('5300000004');
    expect(Buffer.from(encodeFatal('25P03', 'idle')).toString('latin1')).toBe(
      'E\0\0\0\x20SFATAL\0VFATAL\0C25P03\0Midle\0\0',
    );
  });
});
