import { decode as decodeLegacy } from 'iconv-lite';
import { detectAll } from 'jschardet';

/**
 * Which charset bytes are in that no declaration explains. jschardet weighs byte frequencies; what it proposes is
 * decoded and read: a wrong charset mixes scripts within a word, puts symbols between letters or lower before upper
 * case. Short texts are decided by that.
 */
export interface DetectedCharset {
  readonly charset: string;
  readonly confidence: number;
}

/** Names that jschardet gives, as `decodeCharset` takes them. What is not in here is not believed to be in use. */
const KNOWN: ReadonlyMap<string, string> = new Map([
  ['windows-1252', 'windows-1252'], ['iso-8859-1', 'windows-1252'], ['iso8859-15', 'iso-8859-15'],
  ['windows-1250', 'windows-1250'], ['iso-8859-2', 'iso-8859-2'], ['windows-1251', 'windows-1251'],
  ['koi8-r', 'koi8-r'], ['koi8-u', 'koi8-u'], ['ibm866', 'ibm866'], ['iso-8859-5', 'iso-8859-5'],
  ['maccyrillic', 'x-mac-cyrillic'], ['windows-1253', 'windows-1253'], ['iso-8859-7', 'iso-8859-7'],
  ['windows-1254', 'windows-1254'], ['iso-8859-9', 'windows-1254'], ['windows-1255', 'windows-1255'],
  ['iso-8859-8', 'windows-1255'], ['windows-1256', 'windows-1256'], ['windows-1257', 'windows-1257'],
  ['iso-8859-13', 'iso-8859-13'], ['cp1258', 'windows-1258'], ['cp874', 'windows-874'], ['tis-620', 'windows-874'],
  ['cp437', 'cp437'], ['cp850', 'cp850'], ['cp858', 'cp850'], ['macroman', 'macintosh'], ['gb18030', 'gb18030'],
  ['gb2312', 'gb18030'], ['big5', 'big5'], ['shift_jis', 'shift_jis'], ['cp932', 'shift_jis'], ['euc-jp', 'euc-jp'],
  ['cp949', 'euc-kr'], ['euc-kr', 'euc-kr'],
]); // prettier-ignore

/** Asked even when jschardet does not propose them, as it hardly knows short texts. */
const ALWAYS_ASKED = ['windows-1252', 'windows-1251', 'windows-1255', 'windows-1250', 'windows-1254', 'windows-1256', 'iso-8859-2']; // prettier-ignore
/** Scripts in which words are made of more than one letter beyond ASCII. */
const OTHER_ALPHABETS = new Set(['windows-1251', 'koi8-r', 'koi8-u', 'ibm866', 'iso-8859-5', 'x-mac-cyrillic', 'windows-1253', 'iso-8859-7', 'windows-1255', 'windows-1256', 'windows-874']); // prettier-ignore

const SAMPLE_BYTES = 64 * 1024;
const FLOOR = 0.02;
/** A text that is ASCII but for a few letters. */
const WESTERN_FLOOR = 0.045;
/** What random bytes reach is half of it. */
const LEAST_CONFIDENCE = 0.03;

/** The likeliest charset, or nothing when none is likely enough. */
export function detectCharset(bytes: Uint8Array): DetectedCharset | undefined {
  const sample = sampleOf(bytes);
  const candidates = new Map<string, number>(ALWAYS_ASKED.map((charset) => [charset, FLOOR]));
  for (const { encoding, confidence } of detectAll(sample)) {
    const charset = KNOWN.get(encoding?.toLowerCase() ?? '');
    if (charset !== undefined) candidates.set(charset, Math.max(confidence, candidates.get(charset) ?? FLOOR));
  }
  const { isolated, western } = shapeOf(sample);
  if (western) candidates.set('windows-1252', Math.max(WESTERN_FLOOR, candidates.get('windows-1252') ?? 0));
  let best: DetectedCharset | undefined;
  for (const [charset, given] of candidates) {
    if (isolated && OTHER_ALPHABETS.has(charset)) continue;
    const confidence = (given + FLOOR) * plausibility(decodeCharset(sample, charset)) ** 2;
    if (confidence > (best?.confidence ?? 0)) best = { charset, confidence };
  }
  return best === undefined || best.confidence < LEAST_CONFIDENCE ? undefined : best;
}

/** @param charset a WHATWG name, `utf-7`, or one beginning with `cp` or `mac` that `iconv-lite` knows */
export function decodeCharset(bytes: Uint8Array, charset: string): string {
  if (charset === 'windows-1252') return decodeWindows1252(bytes);
  if (/^(?:cp|mac(?!intosh)|utf-7$)/.test(charset))
    return decodeLegacy(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), charset);
  return new TextDecoder(charset).decode(bytes);
}

/** Lines with something beyond ASCII in them, as many as a detector needs; they end where no character is cut. */
function sampleOf(bytes: Uint8Array): Buffer {
  const lines: Buffer[] = [];
  let length = 0;
  for (let start = 0; start < bytes.length && length < SAMPLE_BYTES;) {
    const lineFeed = bytes.indexOf(0x0a, start);
    const end = Math.min(lineFeed < 0 ? bytes.length : lineFeed + 1, start + SAMPLE_BYTES);
    const line = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    if (line.some((byte) => byte >= 0x80)) {
      lines.push(line);
      length += line.length;
    }
    start = end;
  }
  return Buffer.concat(lines).subarray(0, SAMPLE_BYTES);
}

/** Whether each byte beyond ASCII stands alone, and whether most letters are ASCII. */
function shapeOf(sample: Buffer): { isolated: boolean; western: boolean } {
  let longestRun = 0;
  let run = 0;
  let high = 0;
  let letters = 0;
  for (const byte of sample) {
    run = byte >= 0x80 ? run + 1 : 0;
    longestRun = Math.max(longestRun, run);
    if (byte >= 0x80) high += 1;
    else if ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) letters += 1;
  }
  return { isolated: longestRun <= 1, western: letters >= high };
}

const WORDS = /[^\s!-/:-@[-`{-~]+/g;
const QUOTES_AROUND = /^[«»“”„‘’‚–—…€£©®°§·•¡¿№]+|[«»“”„‘’‚–—…€£©®°§·•№]+$/g;
const NO_TEXT = /[\ufffd\x80-\x9f\ue000-\uf8ff]/;
const SYMBOL_INSIDE = /\p{L}[\p{S}\p{N}¿¡«»“„‹›‚†‡•§¶©®°]|[\p{S}¿¡„†‡§¶]\p{L}/u;
const CASE_TURNED = /\p{Ll}\p{Lu}/u;
const SCRIPTS = [
  /\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u, /\p{Script=Hebrew}/u, /\p{Script=Arabic}/u,
  /\p{Script=Thai}/u, /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u, /\p{Script=Hangul}/u,
]; // prettier-ignore

/** Share of the words beyond ASCII that look like words. */
function plausibility(text: string): number {
  let words = 0;
  let bad = 0;
  for (const [found] of text.matchAll(WORDS)) {
    if (!/[^\0-\x7f]/.test(found)) continue;
    words += 1;
    bad += oddity(found.slice(0, 200).replace(QUOTES_AROUND, ''));
  }
  return words === 0 ? 0 : 1 - bad / words;
}

function oddity(word: string): number {
  if (word === '') return 0;
  if (NO_TEXT.test(word) || SYMBOL_INSIDE.test(word)) return 1;
  if (SCRIPTS.filter((script) => script.test(word)).length > 1) return 1;
  if (CASE_TURNED.test(word)) return 0.7;
  return /[\p{L}\p{N}]/u.test(word) ? 0 : 0.5;
}

/** Positions 0x80 to 0x9F of windows-1252 (WHATWG index); the five unused ones stay the control characters they are. */
const WINDOWS_1252_HIGH =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

/** By hand: TextDecoder of Node 20.20 reads windows-1252 as ISO 8859-1, so that quotes and the euro sign are lost. */
function decodeWindows1252(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString('latin1')
    .replace(/[\x80-\x9f]/g, (character) => WINDOWS_1252_HIGH.charAt(character.charCodeAt(0) - 0x80));
}
