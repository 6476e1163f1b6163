import { foldText, foldWord, INVISIBLE } from './folding';
import { type Language, stem } from './stemmers';

/**
 * Texts and questions into the words that are compared: one way for both, or a word would be stored that nobody can ask
 * for. A change of what comes out is a new version: stored chunks are then analysed again in the background.
 *
 * - Words are folded (`folding.ts`) and stemmed by the language of their document.
 * - What is written together (`INV-2031`, `docs/mooring.pdf`, `getUserName`, an e-mail address) is found whole and in
 *   parts.
 * - Scripts without spaces are read in overlapping pairs of signs, as nobody can tell where their words end without a
 *   dictionary of each language.
 */
export const ANALYSER_VERSION = 3;

export interface Token {
  readonly term: string;
  /** UTF-16 code units of the text that was analysed. */
  readonly start: number;
  readonly end: number;
  /** Stands beside the parts it is made of, or within a pair: it can be found, and does not make the text longer. */
  readonly beside: boolean;
}

const MAX_TERM_CHARS = 64;
/** More parts, or more characters, are no identifier but a text without spaces. */
const MAX_PARTS = 12;
const MAX_WHOLE_CHARS = 100;

const ATOM = new RegExp(`[\\p{L}\\p{N}][\\p{L}\\p{N}\\p{M}${INVISIBLE}]*`, 'gu');
/** Between two atoms of one identifier. A comma joins digits alone. */
const JOINER = /^(?:[-‐‑‒_./\\@:'’+#&=?%~]|:\/\/|,)$/u;
/** Joins that are only a way of spelling: `e-mail` is `email`, `snake_case` is `snakeCase`, `1,234` is `1234`. */
const SPELLING_JOINER = /^[-‐‑‒_'’,]$/u;
const THOUSANDS = /^\d{3}$/;
const ONE_LETTER = /^\p{L}$/u;
/** Between names that are also looked for by themselves: the host of an address, the file of a path. */
const SEGMENT_JOINER = /^(?:[/\\@:?&=#]|:\/\/)$/u;

/** Inside of a character class. */
export const UNSPACED_SCRIPTS = ['Han', 'Hira', 'Kana', 'Hang', 'Bopo', 'Yiii', 'Thai', 'Laoo', 'Khmr', 'Mymr']
  .concat(['Lana', 'Talu', 'Tale', 'Tavt', 'Java', 'Bali'])
  .map((script) => `\\p{sc=${script}}`)
  // The marks of length and voice that kana share.
  .concat('\\u3099-\\u309c\\u30fc\\uff70\\uff9e\\uff9f')
  .join('');
const UNSPACED = new RegExp(`[${UNSPACED_SCRIPTS}]`, 'u');
const UNSPACED_RUN = new RegExp(
  `(?:(?=[${UNSPACED_SCRIPTS}])[^\\p{Nd}])(?:[${UNSPACED_SCRIPTS}\\p{M}${INVISIBLE}](?<!\\p{Nd}))*`,
  'gu',
);
/** A sign with what belongs to it: its marks, or the letters of a Korean syllable that is written apart. */
const SIGN = new RegExp(
  `(?:[\\u1100-\\u115e]+[\\u1161-\\u11a7]*[\\u11a8-\\u11ff]*|[^\\p{M}${INVISIBLE}])[\\p{M}\\uff9e\\uff9f${INVISIBLE}]*`,
  'gu',
);
/** A sign that may be a word of its own. */
const WORD_SIGN = /^[\p{sc=Han}\p{sc=Hang}]$/u;

const ASCII_PLAIN = /^(?:[A-Z]?[a-z]+|[A-Z]+|\d+)$/;
/** Where a part of a name begins: `getUser`, `HTMLParser`, `v2`, `2nd`, and at a place where a line may break. */
const PART_BORDER =
  /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})|[\u200b\u200c]+/u;
const NUMBER_BORDER = /(?<=\p{L})(?=\p{N})|(?<=\p{N})(?=\p{L})/u;
const LETTERS = /^[\p{L}\p{M}]+$/u;

/** What a stored text is found by. */
export function analyse(text: string, language: Language): Token[] {
  return tokens(text, language, false);
}

/** What a question asks for: as `analyse`, without single signs of what is asked for in pairs. */
export function analyseQuery(text: string, language: Language): Token[] {
  return tokens(text, language, true);
}

/**
 * Whether a text holds a phrase as it stands, whole words only, but for case, punctuation and white space.
 * @returns never true for a phrase without a word
 */
export function phraseMatcher(phrase: string): (text: string) => boolean {
  let wanted = foldText(phrase);
  if (wanted.trim() === '') return () => false;
  // Where no spaces are written, a word may begin or end anywhere.
  if (UNSPACED.test(wanted.charAt(1))) wanted = wanted.slice(1);
  if (UNSPACED.test(wanted.at(-2) ?? '')) wanted = wanted.slice(0, -1);
  return (text) => foldText(text).includes(wanted);
}

interface Atom {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

function tokens(text: string, language: Language, isQuery: boolean): Token[] {
  const out = new TokenList(language, isQuery);
  let compound: Atom[] = [];
  let joiners: string[] = [];
  const flush = (): void => {
    for (const atom of compound) out.addAtom(atom);
    if (compound.length > 1) out.addWholes(compound, joiners);
    compound = [];
    joiners = [];
  };
  for (const match of text.matchAll(ATOM)) {
    const atom = { text: match[0], start: match.index, end: match.index + match[0].length };
    const before = compound.at(-1);
    if (before !== undefined) {
      const between = atom.start - before.end <= 3 ? text.slice(before.end, atom.start) : '';
      if (joins(between, before, atom)) joiners.push(between);
      else flush();
    }
    compound.push(atom);
  }
  flush();
  return out.tokens;
}

function joins(between: string, before: Atom, after: Atom): boolean {
  if (!JOINER.test(between)) return false;
  return between !== ',' || (/\d$/.test(before.text) && /^\d/.test(after.text));
}

class TokenList {
  readonly tokens: Token[] = [];

  constructor(
    private readonly language: Language,
    private readonly isQuery: boolean,
  ) {}

  addAtom(atom: Atom): void {
    if (ASCII_PLAIN.test(atom.text)) this.addWord(atom.text, atom.start, atom.end, false);
    else if (UNSPACED.test(atom.text)) this.addMixed(atom);
    else this.addName(atom);
  }

  /** An identifier of several atoms, whole, and the names it is made of. */
  addWholes(atoms: readonly Atom[], joiners: readonly string[]): void {
    const addWhole = (from: number, to: number): void => {
      const [first, last] = [atoms[from], atoms[to - 1]];
      if (first === undefined || last === undefined || to - from < 2 || to - from > MAX_PARTS) return;
      if (last.end - first.start > MAX_WHOLE_CHARS) return;
      // `U.S.A.` is `USA`.
      const isAcronym = atoms.slice(from, to).every(({ text }) => ONE_LETTER.test(text));
      let whole = foldWord(first.text);
      for (let index = from + 1; index < to; index += 1) {
        const joiner = joiners[index - 1] ?? '';
        const { text } = atoms[index] as Atom;
        const isSpelling = SPELLING_JOINER.test(joiner) && (joiner !== ',' || THOUSANDS.test(text));
        whole += (isSpelling || (isAcronym && joiner === '.') ? '' : joiner) + foldWord(text);
      }
      this.push(this.stemmed(whole), first.start, last.end, true);
    };
    addWhole(0, atoms.length);
    if (!joiners.some((joiner) => SEGMENT_JOINER.test(joiner))) return;
    let from = 0;
    joiners.forEach((joiner, index) => {
      if (!SEGMENT_JOINER.test(joiner)) return;
      addWhole(from, index + 1);
      from = index + 1;
    });
    if (from > 0) addWhole(from, atoms.length);
  }

  /** Runs of scripts without spaces, and whatever stands between them. */
  private addMixed({ text, start }: Atom): void {
    let from = 0;
    for (const run of text.matchAll(UNSPACED_RUN)) {
      if (run.index > from)
        this.addName({ text: text.slice(from, run.index), start: start + from, end: start + run.index });
      from = run.index + run[0].length;
      this.addPairs(run[0], start + run.index);
    }
    if (from < text.length) this.addName({ text: text.slice(from), start: start + from, end: start + text.length });
  }

  private addPairs(run: string, start: number): void {
    const signs = Array.from(run.matchAll(SIGN), (match) => ({
      sign: foldWord(match[0]),
      start: start + match.index,
      end: start + match.index + match[0].length,
    })).filter(({ sign }) => sign !== '');
    signs.forEach((sign, index) => {
      const next = signs[index + 1];
      if (next !== undefined) this.push(sign.sign + next.sign, sign.start, next.end, false);
      else if (signs.length === 1) return this.push(sign.sign, sign.start, sign.end, false);
      if (!this.isQuery && WORD_SIGN.test(sign.sign)) this.push(sign.sign, sign.start, sign.end, true);
    });
  }

  /** A word, or a name whose parts are found too. */
  private addName({ text, start, end }: Atom): void {
    const parts = PART_BORDER.test(text) ? partsOf(text, start) : [];
    if (parts.length < 2 || parts.length > MAX_PARTS) return this.addWord(text, start, end, false);
    for (const part of parts) this.addWord(part.text, part.start, part.end, false);
    // `OAuth2` is found by `oauth`, which has parts of its own.
    const spellings = partsOf(text, start, NUMBER_BORDER);
    for (const spelling of spellings.length > 1 ? spellings : []) {
      if (PART_BORDER.test(spelling.text)) this.addWord(spelling.text, spelling.start, spelling.end, true);
    }
    this.addWord(text, start, end, true);
  }

  private addWord(text: string, start: number, end: number, beside: boolean): void {
    this.push(this.stemmed(foldWord(text)), start, end, beside);
  }

  private stemmed(word: string): string {
    return LETTERS.test(word) ? stem(word, this.language) : word;
  }

  private push(term: string, start: number, end: number, beside: boolean): void {
    if (term === '') return;
    this.tokens.push({ term: term.length > MAX_TERM_CHARS ? cut(term) : term, start, end, beside });
  }
}

function partsOf(text: string, start: number, at = PART_BORDER): Atom[] {
  const parts: Atom[] = [];
  const border = new RegExp(at, 'gu');
  let from = 0;
  const add = (to: number): void => {
    if (to > from) parts.push({ text: text.slice(from, to), start: start + from, end: start + to });
  };
  for (const match of text.matchAll(border)) {
    add(match.index);
    from = match.index + match[0].length;
  }
  add(text.length);
  return parts;
}

/** Not between the halves of a pair: PostgreSQL would refuse the rest. */
function cut(term: string): string {
  const cut = term.slice(0, MAX_TERM_CHARS);
  return cut.isWellFormed() ? cut : cut.slice(0, -1);
}
