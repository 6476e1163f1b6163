import { parseQuestion } from './question';

const parsed = (query: string): [string, readonly string[], readonly string[]] => {
  const { text, phrases, excluded } = parseQuestion(query);
  return [text.replace(/\s+/g, ' '), phrases, excluded];
};

it.each<[string, string, string[], string[]]>([
  ['berth fees', 'berth fees', [], []],
  ['"berth fees"', 'berth fees', ['berth fees'], []],
  ['who waives "berth fees" in winter', 'who waives berth fees in winter', ['berth fees'], []],
  ['“berth fees” «until Candlemas»', 'berth fees until Candlemas', ['berth fees', 'until Candlemas'], []],
  ['berth fees -yacht', 'berth fees', [], ['yacht']],
  ['-yacht berth -lifeboat fees', 'berth fees', [], ['yacht', 'lifeboat']],
  ['"berth fees" -yacht', 'berth fees', ['berth fees'], ['yacht']],
  ['"fees -yacht" berth', 'fees -yacht berth', ['fees -yacht'], []],
])('reads %s', (query, text, phrases, excluded) => expect(parsed(query)).toEqual([text, phrases, excluded]));

it.each([
  '"',
  '""',
  'what does "',
  'a 12" ruler and a 6" pipe',
  'she said "',
  'well-known e-mail',
  '5 - 3',
  'below -5 degrees',
  '-',
  '--verbose',
  'ls -la',
  'What does tar -xvf do?',
  '-yacht',
  'INV-2031',
  '- item',
  "don't",
])('leaves %s as it is', (query) => expect(parsed(query)).toEqual([query, [], []]));
