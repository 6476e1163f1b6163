import type { ExtractedDocument } from '../../text-extractor';
import { extractHtml } from './html.extractor';
import { cpuMs } from '../../../../../test/support/stopwatch';

const read = (source: string): ExtractedDocument => extractHtml({ bytes: Buffer.from(source), filename: 'a.html' });
const outline = (source: string): [string, string, string][] => {
  const { text, blocks } = read(source);
  return blocks.map(({ kind, start, end, headingPath }) => [kind, text.slice(start, end), headingPath.join(' > ')]);
};

describe('extractHtml', () => {
  it('renders a page as a reader sees it', () => {
    const source = `<!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>Coffee &mdash; Guide</title>
      <style>p { color: red }</style><script>var a = "<p>not shown</p>";</script></head>
      <body><nav><a href="/">Home</a> <a href="/b">Blog</a></nav>
      <h1>Brewing   <em>coffee</em></h1>
      <p>Use&nbsp;<b>fresh</b> beans
         &amp; soft wa&shy;ter.<br>Grind them.</p>
      <h2>Steps</h2>
      <ul><li>Boil<li>Pour<ol><li>slowly</ol><li><p>Wait</p><p>longer</p></ul>
      <table><caption>Ratios</caption><thead><tr><th>Cup<th>Grams</thead>
        <tbody><tr><td>small<td>12<tr><td>large<td><ul><li>20</li><li>22</li></ul></tbody></table>
      <pre>
  if (hot) {
    pour();
  }
</pre>
      <img src="x.png" alt="A cup of coffee"><noscript>Enable scripts</noscript>
      <h2>End</h2><footer>© 2024</footer>
      <template><p>template</p></template></body></html>`;
    const brewing = 'Brewing coffee';
    const steps = `${brewing} > Steps`;
    expect(outline(source)).toEqual([
      ['heading', 'Coffee — Guide', ''],
      ['paragraph', 'Home Blog', 'Coffee — Guide'],
      ['heading', 'Brewing coffee', ''],
      ['paragraph', 'Use fresh beans & soft water.\nGrind them.', brewing],
      ['heading', 'Steps', brewing],
      ['list-item', '- Boil', steps],
      ['list-item', '- Pour', steps],
      ['list-item', '1. slowly', steps],
      ['list-item', '- Wait', steps],
      ['list-item', 'longer', steps],
      ['paragraph', 'Ratios', steps],
      ['row', 'Cup | Grams', steps],
      ['row', 'small | 12', steps],
      ['row', 'large | 20 22', steps],
      ['code', '  if (hot) {\n    pour();\n  }', steps],
      ['paragraph', 'A cup of coffee', steps],
      ['heading', 'End', brewing],
      ['paragraph', '© 2024', `${brewing} > End`],
    ]);
  });

  it('lays the text out in lines', () => {
    expect(read('<p>a<p>b<ul><li>c<ul><li>d</ul><li>e</ul><table><tr><td>f<td>g<tr><td>h</table>').text).toBe(
      'a\n\nb\n\n- c\n  - d\n- e\n\nf | g\nh',
    );
  });

  it('leaves the title out when a first heading repeats it', () => {
    expect(read('<title>My  Page</title><h1>My <i>page</i></h1><p>Text').text).toBe('My page\n\nText');
    expect(read('<title>Site</title><h2>Part</h2>').text).toBe('Site\n\nPart');
    expect(read('<p>x</p><svg><title>Icon</title><text>label</text></svg>').text).toBe('x\n\nlabel');
  });

  it.each([
    ['hidden', '<div hidden>no <p>no</p></div>yes'],
    ['display:none', '<span style="color:red; DISPLAY : none">no</span>yes'],
    ['aria-hidden', '<i aria-hidden="true">no</i>yes'],
    ['a hidden void element', '<img hidden alt="no">yes'],
    ['comments', '<!-- no -->yes<!-- <p>no -->'],
    ['a hidden root, which scripts show', '<body style="display:none">yes</body>'],
    ['upper case', '<SCRIPT>no</SCRIPT><P>yes</P>'],
    ['objects and frames', '<iframe>no</iframe><object>no</object>yes'],
  ])('heeds %s', (_name, source) => {
    expect(read(source).text).toBe('yes');
  });

  it.each([
    [
      'readings above words',
      '<ruby>東<rp>(</rp><rt>とう</rt><rp>)</rp>京<rt>きょう</rt></ruby>湾の<ruby>灯台<rt>とうだい</rt></ruby>を見た。',
      '東京湾の灯台を見た。',
    ],
    ['readings of a whole word', '<ruby><rb>今日</rb><rt>きょう</rt></ruby>は', '今日は'],
    ['two lines of readings', '<ruby>漢<rtc><rt>Hàn</rt></rtc><rt>かん</rt></ruby>字', '漢字'],
  ])('leaves out %s', (_name, source, expected) => {
    expect(read(`<p>${source}</p>`).text).toBe(expected);
  });

  it.each([
    [
      'KaTeX',
      '<span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>E</mi><mo>=</mo><mfrac><mn>1</mn><mn>2</mn></mfrac><mi>m</mi><msup><mi>v</mi><mn>2</mn></msup></mrow><annotation encoding="application/x-tex">E=\\frac{1}{2}mv^2</annotation></semantics></math></span><span class="katex-html" aria-hidden="true">E=21mv2</span></span>',
      'E=1/2mv^2',
    ],
    ['plain MathML', '<math><msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt></math>', '√(x+1)'],
    [
      'sums',
      '<math><munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><mi>i</mi></math>',
      '∑_(i=1)^ni',
    ],
    [
      'tables',
      '<math><mtable><mtr><mtd>1</mtd><mtd>0</mtd></mtr><mtr><mtd>0</mtd><mtd>1</mtd></mtr></mtable></math>',
      '[1, 0; 0, 1]',
    ],
    ['an unfinished formula', '<math><mfrac><mn>1</mn>', ''],
  ])('writes a formula once, in one line: %s', (_name, source, expected) => {
    expect(read(`<p>It is ${source} then`).text).toContain(`It is ${expected}`.trim());
  });

  it('shows the formula whose picture stands for it', () => {
    expect(
      read(
        '<p>a<span style="display:none"><math><mi>x</mi></math></span><img aria-hidden="true" alt="{\\displaystyle x^2}"></p>',
      ).text,
    ).toBe('a {\\displaystyle x^2}');
  });

  it.each([
    [
      'rows',
      '<tr><th>Region<th>Product<th>Units<tr><td rowspan=2>EU<td>Cable<td>12<tr><td>Hub<td>7<tr><td>US<td>Cable<td>3',
      ['Region | Product | Units', 'EU | Cable | 12', 'EU | Hub | 7', 'US | Cable | 3'],
    ],
    ['columns', '<tr><th>a<th colspan=2>b<th>c<tr><td>1<td>2<td>3<td>4', ['a | b |  | c', '1 | 2 | 3 | 4']],
    ['both', '<tr><td rowspan=2 colspan=2>x<td>1<tr><td>2<tr><td>3<td>4<td>5', ['x |  | 1', 'x |  | 2', '3 | 4 | 5']],
    ['more rows than there are', '<tr><td rowspan=99>x<td>1<tr><td>2', ['x | 1', 'x | 2']],
    ['the last column', '<tr><td>1<td rowspan=2>x<tr><td>2', ['1 | x', '2 | x']],
  ])('keeps columns in their place where cells reach over %s', (_name, source, expected) => {
    expect(outline(`<table>${source}</table>`).map(([, text]) => text)).toEqual(expected);
  });

  it('does not let cells that reach far fill the memory', () => {
    const row = `<tr>${`<td rowspan=65534 colspan=1000>${'x'.repeat(190)}`.repeat(300)}`;
    expect(read(`<table>${row}${'<tr><td>y'.repeat(2_000)}</table>`).text.length).toBeLessThan(10_000_000);
  });

  it.each([
    ['a start', '<ol start=3><li>c<li>d</ol>', ['3. c', '4. d']],
    ['letters', '<ol type=a><li>x<li value=28>y</ol>', ['a. x', 'ab. y']],
    ['Roman numbers', '<ol type=I start=4><li>x<li>y</ol>', ['IV. x', 'V. y']],
    ['backwards', '<ol reversed start=2><li>x<li>y</ol>', ['2. x', '1. y']],
    ['inside of one another', '<ol><li>x<ol><li>y</ol><li>z</ol>', ['1. x', '1. y', '2. z']],
    ['an item of two paragraphs', '<ol><li><p>x<p>y</ol>', ['1. x', 'y']],
  ])('numbers lists: %s', (_name, source, expected) => {
    expect(outline(source).map(([, text]) => text)).toEqual(expected);
  });

  it.each([
    ['', '<x-card><template shadowrootmode="open"><p>shown</template></x-card><template>no</template>'],
    [', closed', '<x-card><template shadowrootmode=closed>shown<style>p{}</style></template></x-card>'],
    [
      ', in another one',
      `<x-a>${'<template shadowrootmode="open"><x-b>'.repeat(2)}shown</x-b></template></x-b></template></x-a>`,
    ],
  ])('shows what a component has in its shadow, and no other template%s', (_name, source) => {
    expect(read(source).text).toBe('shown');
  });

  it.each([
    ['soft hyphens', '<p>Donau&shy;dampf&shy;schiff', 'Donaudampfschiff'],
    ['zero-width spaces', '<p>brine&#x200b;shrimp', 'brineshrimp'],
    ['a picture in the text', '<p>see data:image/png;base64,iVBORw0KGgo= here', 'see  here'],
  ])('shows nothing of %s', (_name, source, expected) => {
    expect(read(source).text).toBe(expected);
  });

  it('gives cells of layout tables out as text', () => {
    const nested = '<table><tr><td>menu<td><h2>News</h2><p>one<p>two<table><tr><td>a<td>b</table></table>';
    expect(outline(nested)).toEqual([
      ['paragraph', 'menu', ''],
      ['heading', 'News', ''],
      ['paragraph', 'one', 'News'],
      ['paragraph', 'two', 'News'],
      ['row', 'a | b', 'News'],
    ]);
  });

  it('splits paragraphs at two line breaks', () => {
    expect(outline('one<br>two<br><br>three').map(([, text]) => text)).toEqual(['one\ntwo', 'three']);
  });

  it('makes one block of code whatever marks it up', () => {
    expect(outline('<pre><code class="x"><span>a</span>\n\n<div>  b</div></code></pre>')).toEqual([
      ['code', 'a\n\n  b', ''],
    ]);
  });

  it('decodes entities to normalised text', () => {
    expect(read('<p>caf&eacute; e&#x301; &#0; &#xD800; &lt;b&gt; &notanentity; &amp;amp;').text).toBe(
      'café é \ufffd \ufffd <b> ¬anentity; &amp;',
    );
  });

  it.each([
    ['nothing closed', '<div><p>a<b>b<i>c<h2>d', 'a\n'],
    ['wrong ends', '</div></p>a</b></table>b</td></h1>', 'ab'],
    ['an end tag that must not leave its cell', '<div><table><tr><td>a</div>b</td><td>c</table></div>', 'ab | c'],
    ['cells without a table', '<td>a</td><td>b</td>', 'a\n\nb'],
    ['cells without a row', '<table><td>a<td>b</table>', 'a | b'],
    ['a cut-off tag', 'text<div class="x', 'text'],
    ['an open comment', 'text<!-- never closed <p>a', 'text'],
    ['an open script', 'text<script>var a', 'text'],
    ['brackets', 'a < b > c <> d <3', 'a < b > c <> d <3'],
  ])('never refuses %s', (_name, source, expected) => {
    expect(read(source).text).toContain(expected.trim());
  });

  it.each([
    ['open elements', '<div>'.repeat(100_000)],
    ['open inline elements', '<b>'.repeat(1_000_000)],
    ['elements, opened and closed', `${'<b>'.repeat(100_000)}x${'</b>'.repeat(100_000)}`],
    ['ends that match nothing', `${'<b>'.repeat(100_000)}${'</i>'.repeat(100_000)}`],
    ['drawings', '<svg>'.repeat(100_000)],
    ['tables', '<table><tr><td>'.repeat(30_000)],
    ['lists', '<ul><li>'.repeat(50_000)],
    ['code', '<pre>'.repeat(50_000)],
    ['attributes', `<p ${Array.from({ length: 100_000 }, (_, n) => `a${n}=1`).join(' ')}>`],
    ['entities', '&amp;'.repeat(200_000)],
    ['spaces', ' '.repeat(1_000_000)],
    ['spaces in pieces', ' <b> </b>'.repeat(100_000)],
  ])('stays linear in hostile %s', async (_name, source) => {
    let text = '';
    const ms = await cpuMs(() => ({ text } = read(`${source}<p>the end`)));
    expect(text).toContain('the end');
    expect(ms).toBeLessThan(10_000);
  });

  it('counts backwards from the number of items, and from a start', () => {
    const shown = (html: string): string => extractHtml({ bytes: Buffer.from(html), filename: 'a.html' }).text;
    expect(shown('<ol reversed><li>x<li>y<ol><li>in</ol><li>z</ol>')).toBe('3. x\n2. y\n  1. in\n1. z');
    expect(shown('<ol reversed type=a><li>x<li value=9>y<li>z</ol>')).toBe('c. x\ni. y\nh. z');
    expect(shown('<ol reversed start=5><li>x<li>y</ol>')).toBe('5. x\n4. y');
  });

  it('lets a cell of no rows reach to the end of its part of the table', () => {
    const table = '<table><tbody><tr><td rowspan=0>EU<td>1<tr><td>2</tbody><tbody><tr><td>US<td>3</tbody></table>';
    expect(extractHtml({ bytes: Buffer.from(table), filename: 'a.html' }).text).toBe('EU | 1\nEU | 2\nUS | 3');
  });

  it('keeps the numbers of items in a cell', () => {
    const html = '<table><tr><td>Clause<td><ol start=4><li>Fees<li>Terms</ol><tr><td><ul><li>a<li>b</ul><td>c</table>';
    expect(extractHtml({ bytes: Buffer.from(html), filename: 'a.html' }).text).toBe(
      'Clause | 4. Fees 5. Terms\na b | c',
    );
  });
});
