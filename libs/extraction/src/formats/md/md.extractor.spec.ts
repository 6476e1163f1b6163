import type { ExtractedDocument } from '../../text-extractor';
import { extractMd } from './md.extractor';

const read = (source: string): ExtractedDocument => extractMd({ bytes: Buffer.from(source), filename: 'a.md' });
const outline = (source: string): [string, string, string][] => {
  const { text, blocks } = read(source);
  return blocks.map(({ kind, start, end, headingPath }) => [kind, text.slice(start, end), headingPath.join(' > ')]);
};

describe('extractMd', () => {
  it('serves the source itself', () => {
    const source = '# Title\n\nSome *text* with [a link](https://example.org).\n';
    expect(read(source).text).toBe(source);
  });

  it('knows every kind of block and its headings', () => {
    const source = [
      '---',
      'title: Handbook',
      'tags: [a, b]',
      '---',
      '# Install *Vectorlane* `now`',
      '',
      'A paragraph',
      'of two lines.',
      '',
      'Options',
      '-------',
      '',
      '- first',
      '  - nested',
      '- second',
      '',
      '  with a second paragraph',
      '1. numbered',
      '',
      '### Deep &amp; [linked](x)',
      '',
      '| name | value |',
      '|------|-------|',
      '| port | 3000  |',
      '| host | local |',
      '',
      '```sh',
      '# no heading',
      'npm start',
      '```',
      '',
      '    indented code',
      '',
      '# Next',
      '<div>',
      'raw</div>',
      '',
      '> quoted',
      '>',
      '> twice',
      '',
      '[ref]: https://example.org',
    ].join('\n');
    const install = 'Install Vectorlane now';
    const options = `${install} > Options`;
    const deep = `${options} > Deep & linked`;
    expect(outline(source)).toEqual([
      ['record', '---\ntitle: Handbook\ntags: [a, b]\n---', ''],
      ['heading', '# Install *Vectorlane* `now`', ''],
      ['paragraph', 'A paragraph\nof two lines.', install],
      ['heading', 'Options\n-------', install],
      ['list-item', '- first', options],
      ['list-item', '- nested', options],
      ['list-item', '- second', options],
      ['list-item', 'with a second paragraph', options],
      ['list-item', '1. numbered', options],
      ['heading', '### Deep &amp; [linked](x)', options],
      ['row', '| name | value |\n|------|-------|', deep],
      ['row', '| port | 3000  |', deep],
      ['row', '| host | local |', deep],
      ['code', '```sh\n# no heading\nnpm start\n```', deep],
      ['code', 'indented code', deep],
      ['heading', '# Next', ''],
      ['paragraph', '<div>\nraw</div>', 'Next'],
      ['paragraph', '> quoted\n>', 'Next'],
      ['paragraph', '> twice', 'Next'],
      ['paragraph', '[ref]: https://example.org', 'Next'],
    ]);
  });

  it('gives the same result for two documents read in turn', () => {
    const first = outline('# A\n\n- b\n');
    outline('> x\n\n| a |\n|---|\n');
    expect(outline('# A\n\n- b\n')).toEqual(first);
  });

  it('takes a rule at the start for no front matter', () => {
    expect(outline('---\n\nText\n\n---\n')[0]).toEqual(['paragraph', '---', '']);
    expect(outline('---\nkey: value\nnever closed')[0]?.[0]).not.toBe('record');
  });

  it('lets headings in quotes and lists title nothing', () => {
    expect(outline('# A\n\n> # Q\n\ntext')).toEqual([
      ['heading', '# A', ''],
      ['heading', '> # Q', 'A'],
      ['paragraph', 'text', 'A'],
    ]);
  });

  it('cuts titles that are too long and skips empty ones', () => {
    const { blocks } = read(`# ${'long '.repeat(200)}\n\ntext\n\n#\n\nmore`);
    expect(blocks[1]?.headingPath[0]).toHaveLength(300);
    expect(blocks.at(-1)?.headingPath).toEqual([]);
  });

  it.each([
    ['quotes', '> '.repeat(50_000)],
    ['lists', '- '.repeat(50_000)],
    ['nested lists', Array.from({ length: 1_000 }, (_, depth) => `${' '.repeat(2 * depth)}- x\n`).join('')],
    ['brackets', '['.repeat(500_000)],
    ['a heading of markup', `# ${'*_['.repeat(200_000)}`],
    ['an open fence', `\`\`\`\n${'code\n'.repeat(50_000)}`],
    ['open tags', '<div\n'.repeat(50_000)],
    ['wide tables', `${'|a'.repeat(5_000)}\n${'|-'.repeat(5_000)}\n${'|1\n'.repeat(500)}`],
    ['one line', 'x'.repeat(1_000_000)],
  ])('reads hostile %s', (_name, source) => {
    const { text, blocks } = read(source);
    expect(blocks.length).toBeGreaterThan(0);
    expect(blocks.at(-1)?.end).toBe(text.trimEnd().length);
  });
});
