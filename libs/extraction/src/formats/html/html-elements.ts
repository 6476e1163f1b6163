/** What each element means for the text that a reader sees. Names are lower case; what is in no list is inline. */

/**
 * Nothing inside of these is shown, or (readings above words) it would tear words apart. `head` is not among them: its
 * end tag is often missing, and what it may hold is.
 */
export const UNSEEN = new Set([
  'script', 'style', 'template', 'noscript', 'rt', 'rp', 'rtc', 'noembed', 'noframes', 'iframe', 'object', 'audio', 'video', 'canvas', 'datalist',
]); // prettier-ignore

/** Start a line of their own, before and after. */
export const BLOCKS = new Set([
  'address', 'article', 'aside', 'blockquote', 'body', 'button', 'caption', 'center', 'dd', 'details', 'dialog', 'dir',
  'div', 'dl', 'dt', 'fieldset', 'figcaption', 'figure', 'footer', 'form', 'frameset', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6',
  'head', 'header', 'hgroup', 'hr', 'html', 'legend', 'li', 'listing', 'main', 'menu', 'nav', 'ol', 'optgroup', 'option',
  'p', 'plaintext', 'pre', 'search', 'section', 'select', 'summary', 'table', 'tbody', 'td', 'textarea', 'tfoot', 'th',
  'thead', 'tr', 'ul', 'xmp',
]); // prettier-ignore

/** Have no end tag and no content. */
export const VOID = new Set([
  'area', 'base', 'basefont', 'bgsound', 'br', 'col', 'embed', 'frame', 'hr', 'img', 'input', 'keygen', 'link', 'meta',
  'param', 'source', 'track', 'wbr',
]); // prettier-ignore

/** White space counts in these. */
export const VERBATIM = new Set(['pre', 'listing', 'xmp', 'plaintext']);

export const LISTS = new Set(['ul', 'ol', 'menu', 'dir']);

/** An end tag inside of one of these does not close anything outside of it. */
export const SCOPES = new Set(['table', 'td', 'th', 'caption', 'template', 'object']);

/** End tags that do reach out of a scope, as they end the parts that make it. */
export const SCOPE_ENDING = new Set(['table', 'tbody', 'thead', 'tfoot', 'tr', 'td', 'th', 'caption', 'template', 'object', 'body', 'html']); // prettier-ignore

const LINE_STARTS = [
  'address', 'article', 'aside', 'blockquote', 'center', 'details', 'div', 'dl', 'fieldset', 'figcaption', 'figure',
  'footer', 'form', 'header', 'hr', 'main', 'menu', 'nav', 'ol', 'p', 'pre', 'section', 'table', 'ul',
]; // prettier-ignore

/** Start tags that end an open element on top of the stack whose end tag was left out. */
export const IMPLIED_ENDS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ...LINE_STARTS.map((name) => [name, new Set(['p'])] as const),
  ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map(
    (name) => [name, new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6'])] as const,
  ),
  ['li', new Set(['li', 'p'])],
  ['dt', new Set(['dt', 'dd', 'p'])],
  ['dd', new Set(['dt', 'dd', 'p'])],
  ['option', new Set(['option'])],
  ['optgroup', new Set(['option', 'optgroup'])],
  ['td', new Set(['td', 'th', 'p', 'li'])],
  ['th', new Set(['td', 'th', 'p', 'li'])],
  ['tr', new Set(['td', 'th', 'tr', 'p', 'li'])],
  ['tbody', new Set(['td', 'th', 'tr', 'tbody', 'thead', 'tfoot', 'caption', 'colgroup'])],
  ['thead', new Set(['td', 'th', 'tr', 'tbody', 'thead', 'tfoot', 'caption', 'colgroup'])],
  ['tfoot', new Set(['td', 'th', 'tr', 'tbody', 'thead', 'tfoot', 'caption', 'colgroup'])],
  ['body', new Set(['head'])],
]);
