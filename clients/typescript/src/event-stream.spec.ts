import fc from 'fast-check';
import { EventStreamParser, type StreamEvent } from './event-stream.ts';

const parsed = (...pieces: string[]): StreamEvent[] => {
  const parser = new EventStreamParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

const STREAM =
  ': hello\r\n\nid: 7\nevent: document\ndata: {"documentId":"a"}\n\ndata: one\r\ndata:two\r\n\r\nid: 8\n\n';
const EVENTS = [
  { id: '7', type: 'document', data: '{"documentId":"a"}' },
  { id: '7', type: 'message', data: 'one\ntwo' },
];

it('reads fields, comments and every kind of line end', () => {
  expect(parsed(STREAM)).toEqual(EVENTS);
  expect(parsed('data: x\r\rdata\n\n')).toEqual([
    { id: undefined, type: 'message', data: 'x' },
    { id: undefined, type: 'message', data: '' },
  ]);
});

it('finds the same events wherever the pieces end', () => {
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: STREAM.length - 1 }));
  fc.assert(
    fc.property(cuts, (places) => {
      const at = [0, ...[...places].sort((one, other) => one - other), STREAM.length];
      expect(parsed(...at.slice(1).map((end, index) => STREAM.slice(at[index], end)))).toEqual(EVENTS);
    }),
  );
});
