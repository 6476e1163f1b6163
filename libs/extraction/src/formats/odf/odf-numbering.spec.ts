import { odfOf } from '../formats.fixture';
import { extractOdf } from './odf.extractor';

const read = async (body: string, styles: string): Promise<readonly string[]> => {
  const source = { bytes: odfOf('text', body, { styles }), filename: 'a.odt' };
  const { text, blocks } = await extractOdf(source, new AbortController().signal);
  return blocks.map(({ start, end }) => text.slice(start, end));
};
const level = (number: number, attributes: string): string =>
  `<text:list-level-style-number text:level="${number}" ${attributes}/>`;
const style = (name: string, levels: string): string =>
  `<text:list-style style:name="${name}">${levels}</text:list-style>`;
const item = (text: string, inside = '', attributes = ''): string =>
  `<text:list-item ${attributes}><text:p>${text}</text:p>${inside}</text:list-item>`;
const list = (items: string, attributes = 'text:style-name="L"'): string =>
  `<text:list ${attributes}>${items}</text:list>`;

const LEGAL = style(
  'L',
  level(1, 'style:num-format="1" style:num-suffix="."') +
    level(2, 'style:num-format="1" style:num-suffix="." text:display-levels="2"') +
    level(3, 'style:num-format="a" style:num-prefix="(" style:num-suffix=")"'),
);

describe('numbers of lists in OpenDocument', () => {
  it('are those of each level, and begin again in a new list', async () => {
    const deep = list(item('fee', list(item('adults') + item('children'), '')) + item('term'), '');
    expect(await read(list(item('one', deep) + item('two')) + list(item('again')), LEGAL)).toEqual([
      '1. one', '1.1. fee', '(a) adults', '(b) children', '1.2. term', '2. two', '1. again',
    ]); // prettier-ignore
  });

  it('start where the style or the item says, in letters and roman numerals', async () => {
    const styles = style('L', level(1, 'style:num-format="I" style:num-suffix=")" text:start-value="4"'));
    expect(await read(list(item('a') + item('b', '', 'text:start-value="9"') + item('c')), styles)).toEqual([
      'IV) a', 'IX) b', 'X) c',
    ]); // prettier-ignore
  });

  it('go on in a list that continues another', async () => {
    const named = 'text:style-name="L" xml:id="first"';
    const body =
      list(item('a') + item('b'), named) +
      list(item('other')) +
      list(item('c'), 'text:style-name="L" text:continue-list="first"') +
      list(item('d'), 'text:style-name="L" text:continue-numbering="true"');
    expect(await read(body, LEGAL)).toEqual(['1. a', '2. b', '1. other', '3. c', '4. d']);
  });

  it('are not given to headers of lists, further paragraphs, bullets and levels without numbers', async () => {
    const bullets = `<text:list-level-style-bullet text:level="1" text:bullet-char="•"/>${level(2, 'style:num-format=""')}`;
    const header = '<text:list-header><text:p>note</text:p></text:list-header>';
    const two = '<text:list-item><text:p>x</text:p><text:p>y</text:p></text:list-item>';
    expect(await read(list(two + item('z') + header), LEGAL)).toEqual(['1. x', 'y', '2. z', 'note']);
    expect(await read(list(item('b', list(item('none'), ''))), style('L', bullets))).toEqual(['- b', 'none']);
    expect(await read(list(item('unknown'), ''), '')).toEqual(['- unknown']);
  });

  it('do not count an item that only holds a list', async () => {
    const wrapper = `<text:list-item>${list(item('sub'), '')}</text:list-item>`;
    expect(await read(list(item('one') + wrapper + item('two')), LEGAL)).toEqual(['1. one', '1.1. sub', '2. two']);
  });

  it('stand in the cells of tables', async () => {
    const cells = [list(item('Fees') + item('Terms')), '<text:p>x</text:p>'];
    const row = cells.map((cell) => `<table:table-cell>${cell}</table:table-cell>`).join('');
    expect(await read(`<table:table><table:table-row>${row}</table:table-row></table:table>`, LEGAL)).toEqual([
      '1. Fees 2. Terms | x',
    ]);
  });

  it('are those of the outline for headings', async () => {
    const outline = [1, 2].map(
      (depth) =>
        `<text:outline-level-style text:level="${depth}" style:num-format="1" text:display-levels="${depth}" style:num-suffix="."/>`,
    );
    const heading = (depth: number, text: string, more = ''): string =>
      `<text:h text:outline-level="${depth}" ${more}>${text}</text:h>`;
    const body =
      heading(1, 'Berths') + heading(2, 'Fees') + heading(2, 'Preface', 'text:is-list-header="true"') +
      heading(2, 'Terms') + heading(1, 'Law') + heading(3, 'deep'); // prettier-ignore
    expect(await read(body, `<text:outline-style>${outline.join('')}</text:outline-style>`)).toEqual([
      '1. Berths', '1.1. Fees', 'Preface', '1.2. Terms', '2. Law', 'deep',
    ]); // prettier-ignore
  });
});
