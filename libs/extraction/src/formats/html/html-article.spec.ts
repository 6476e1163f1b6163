import type { ReadingOptions } from '../../text-extractor';
import { extractHtml } from './html.extractor';

const textOf = (page: string, options?: ReadingOptions): string =>
  extractHtml({ bytes: Buffer.from(page), filename: 'a.html', ...(options && { options }) }).text;
const articleOf = (page: string): string => textOf(page, { htmlPart: 'article' });

const SENTENCES = 'The harbour opens at dawn and closes when the last ferry is in. '.repeat(6).trim();
const MENU = '<ul><li><a href="/">Home</a><li><a href="/fees">All fees</a><li><a href="/map">Map</a></ul>';

describe('the article of a page', () => {
  it.each([
    ['elements', `<nav>${MENU}</nav><h1>Dawn</h1><p>${SENTENCES}</p><aside>Read next</aside><footer>Imprint</footer>`],
    ['roles', `<div role="navigation">${MENU}</div><h1>Dawn</h1><p>${SENTENCES}</p><div role="contentinfo">Imprint</div>`],
    ['a main part', `<div>Read next</div><main><h1>Dawn</h1><p>${SENTENCES}</p></main><div>Imprint</div>`],
    ['one article of several', `<article><h1>Dawn</h1><p>${SENTENCES}</p></article><article>Read next</article>`],
    ['blocks of links alone', `${MENU}<h1>Dawn</h1><p>${SENTENCES}</p>${MENU}`],
    ['its header, which is not that of the page', `<header>Imprint</header><article><header><h1>Dawn</h1></header><p>${SENTENCES}</p></article>`],
  ])('is told from the rest by %s', (_name, page) => {
    expect(articleOf(page)).toBe(`Dawn\n\n${SENTENCES}`);
    expect(textOf(page).length).toBeGreaterThan(articleOf(page).length);
  }); // prettier-ignore

  it.each([
    ['nothing tells it', `<h1>Dawn</h1><p>${SENTENCES}</p><p>Imprint</p>`],
    ['what is left would be too little', `<nav>${MENU}</nav><p>Closed.</p>`],
    ['a link stands in its text', `<p>${SENTENCES}</p><p><a href="/">A link of its own</a></p><p>${SENTENCES}</p>`],
    ['all of it is links', `<nav>${MENU}</nav>`],
  ])('is the page where %s', (_name, page) => {
    expect(articleOf(page)).toBe(textOf(page));
  });

  it('keeps its tables, lists and code', () => {
    const parts = `<table><tr><th>Berth<th>Fee<tr><td>north<td>12</table><ul><li>one<li>two</ul><pre>a = 1</pre>`;
    const article = articleOf(`<nav>${MENU}</nav><main><p>${SENTENCES}</p>${parts}</main>`);
    expect(article).toBe(textOf(`<p>${SENTENCES}</p>${parts}`));
  });

  it('is not asked for unless the settings say so', () => {
    expect(textOf(`<nav>${MENU}</nav><p>${SENTENCES}</p>`)).toContain('All fees');
  });
});
