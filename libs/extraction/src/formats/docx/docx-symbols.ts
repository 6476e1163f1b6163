/** Characters given as a place in a symbol font (`w:sym`), which has no text of its own. */

/** Adobe's Symbol encoding from 0x40 and from 0xa0; a space where there is none. */
const SYMBOL_40 = '≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼';
const SYMBOL_A0 = '€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…|―↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪ 〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭';
const SYMBOL_OTHER: ReadonlyMap<number, string> = new Map([
  [0x22, '∀'],
  [0x24, '∃'],
  [0x27, '∋'],
  [0x2a, '∗'],
  [0x2d, '−'],
]);

/** The ones that carry meaning in documents: ticks, crosses, boxes, arrows, bullets. */
const WINGDINGS: ReadonlyMap<number, string> = new Map([
  [0x28, '☎'], [0x2a, '✉'], [0x4a, '☺'], [0x4b, '😐'], [0x4c, '☹'], [0x6c, '●'], [0x6e, '■'], [0x6f, '□'],
  [0x71, '❑'], [0x72, '❒'], [0x75, '◆'], [0x76, '❖'], [0x9e, '·'], [0x9f, '•'], [0xa7, '▪'], [0xa8, '◻'],
  [0xd8, '➢'], [0xdf, '←'], [0xe0, '→'], [0xe1, '↑'], [0xe2, '↓'], [0xe8, '➔'], [0xef, '⇦'], [0xf0, '⇨'],
  [0xfb, '✗'], [0xfc, '✓'], [0xfd, '☒'], [0xfe, '☑'],
]); // prettier-ignore
const WINGDINGS_2: ReadonlyMap<number, string> = new Map([
  [0x4f, '✗'], [0x50, '✓'], [0x51, '☒'], [0x52, '☑'], [0x53, '☒'], [0x54, '☒'], [0xa3, '□'],
]); // prettier-ignore

const FONTS: ReadonlyMap<string, (code: number) => string | undefined> = new Map([
  ['symbol', symbol],
  ['wingdings', (code: number) => WINGDINGS.get(code)],
  ['wingdings 2', (code: number) => WINGDINGS_2.get(code)],
]);

/**
 * @param char hexadecimal; places of a font are given as such or moved to U+F000
 * @returns nothing when what it looks like is not known
 */
export function symbolText(font: string, char: string): string {
  if (!/^[\da-f]{1,6}$/i.test(char)) return '';
  const code = Number.parseInt(char, 16);
  const inFont = FONTS.get(font.toLowerCase());
  const isMoved = code >= 0xf000 && code <= 0xf0ff;
  if (inFont !== undefined && (isMoved || code <= 0xff)) return inFont(code & 0xff) ?? '';
  const isPrivate = code >= 0xe000 && code <= 0xf8ff;
  const isCharacter = code >= 0x20 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter && !isPrivate ? String.fromCodePoint(code) : '';
}

function symbol(code: number): string | undefined {
  const other = SYMBOL_OTHER.get(code);
  if (other !== undefined) return other;
  if (code < 0x40) return code < 0x20 ? undefined : String.fromCharCode(code);
  return (code < 0x80 ? [...SYMBOL_40][code - 0x40] : [...SYMBOL_A0][code - 0xa0])?.trim();
}
