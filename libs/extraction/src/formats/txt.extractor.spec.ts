import { extractTxt } from './txt.extractor';

const paragraphs = (text: string): string[] => {
  const document = extractTxt({ bytes: Buffer.from(text), filename: 'a.txt' });
  return document.blocks.map(({ start, end }) => document.text.slice(start, end));
};

describe('extractTxt', () => {
  it('finds paragraphs between empty lines and form feeds', () => {
    expect(paragraphs('First line\nsecond line\n\n  \t\n\nNext one\r\n\r\nThird\fFourth\n')).toEqual([
      'First line\nsecond line',
      'Next one',
      'Third',
      'Fourth',
    ]);
  });

  it('serves the text as it is, normalised', () => {
    const document = extractTxt({ bytes: Buffer.from('\ufeff  cafe\u0301\r\n\r\nEnd \n'), filename: 'a.txt' });
    expect(document.text).toBe('  café\n\nEnd \n');
    expect(document.blocks).toEqual([
      { kind: 'paragraph', start: 2, end: 6, headingPath: [] },
      { kind: 'paragraph', start: 8, end: 11, headingPath: [] },
    ]);
  });

  it('takes a megabyte on one line as one paragraph', () => {
    expect(paragraphs('word '.repeat(200_000))).toHaveLength(1);
  });

  it('finds nothing in white space', () => {
    expect(paragraphs(' \n\t\u00a0\u3000\n')).toEqual([]);
  });
});
