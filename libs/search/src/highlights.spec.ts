import { highlights } from './highlights';

const marked = (content: string, question: string, language = 'english'): string[] =>
  highlights(content, question, language).map(({ start, end }) => content.slice(start, end));

it.each([
  ['Berth fees were waived; the harbour waives fees.', 'waive the fee', ['fees', 'waived', 'waives', 'fees']],
  ['Das Gesamt\u00adkonzept liegt aus.', 'Gesamtkonzept', ['Gesamt\u00adkonzept']],
  ['Ha\u0308user am Fluss', 'Häuser', ['Ha\u0308user']],
  ['Invoice INV-2031 of 2024', 'INV-2031', ['INV-2031']],
  ['Invoice INV-2031 of 2024', '2031', ['2031']],
  ['用于预测潮汐高度。', '潮汐高度', ['潮汐高度']],
  ['Nothing of it', 'harbour', []],
  ['to be or not to be', 'to be', ['to', 'be', 'to', 'be']],
])('marks in %j what %j asks for', (content, question, expected) => {
  expect(marked(content, question)).toEqual(expected);
});
