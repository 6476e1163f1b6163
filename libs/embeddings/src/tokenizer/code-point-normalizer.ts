/**
 * BERT's normalisation and pre-tokenisation, one code point at a time, so that every unit of the result knows which
 * unit of the original text it came from. Working on whole strings is shorter and loses exactly that.
 */

/** How one code point of the original text goes on: kind in the upper bits, code point below. */
export type Expansion = Int32Array;

/** Part of a word. */
export const WORD = 0;
/** A word of its own. */
export const PUNCTUATION = 1;
/** Ends the word before it. */
export const BREAK = 2;
/** Gone from the word (a combining mark), but the character before it reaches over it. */
export const EXTEND = 3;

export const KIND_SHIFT = 21;
export const CODE_POINT_MASK = (1 << KIND_SHIFT) - 1;

const CAPITAL_SIGMA = 0x3a3;
const FINAL_SIGMA = 0x3c2;
const REPLACEMENT_CHARACTER = 0xfffd;
/** Astral code points come in millions; a table holds those that come again. */
const MAX_ASTRAL_ENTRIES = 4_096;

const CONTROL = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u;
const PUNCTUATION_CLASS = /[\p{P}!-/:-@[-`{-~]/u;
const NONSPACING_MARKS = /\p{Mn}/gu;
const CASED = /\p{Cased}/u;
const CASE_IGNORABLE = /\p{Case_Ignorable}/u;

export interface NormalizerOptions {
  /** Drops control characters and makes every white space a space. */
  readonly cleanText: boolean;
  /** Makes every CJK ideograph of the BMP a word of its own. */
  readonly handleChineseChars: boolean;
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

export class CodePointNormalizer {
  private readonly bmp: (Expansion | undefined)[] = new Array<Expansion | undefined>(0x10000);
  private readonly astral = new Map<number, Expansion>();
  private readonly finalSigma = Int32Array.of(FINAL_SIGMA);

  constructor(private readonly options: NormalizerOptions) {}

  /**
   * @param codePoint the code point (or lone surrogate) at `at`
   * @param from first unit of the stretch of `text` that is normalised as one
   * @param to end of that stretch
   */
  expand(codePoint: number, text: string, at: number, from: number, to: number): Expansion {
    // The one lowercase letter that depends on its neighbours.
    if (codePoint === CAPITAL_SIGMA && this.options.lowercase && this.endsWord(text, at, from, to)) {
      return this.finalSigma;
    }
    if (codePoint < 0x10000) return (this.bmp[codePoint] ??= this.compute(codePoint));
    const known = this.astral.get(codePoint);
    if (known !== undefined) return known;
    const computed = this.compute(codePoint);
    if (this.astral.size < MAX_ASTRAL_ENTRIES) this.astral.set(codePoint, computed);
    return computed;
  }

  private compute(codePoint: number): Expansion {
    let character = String.fromCodePoint(codePoint);
    if (this.options.cleanText) {
      if (this.isDropped(codePoint, character)) return new Int32Array(0);
      if (/^\s$/.test(character)) return Int32Array.of(BREAK << KIND_SHIFT);
    }
    if (this.options.lowercase) character = codePoint === CAPITAL_SIGMA ? 'σ' : character.toLowerCase();
    if (this.options.stripAccents) {
      character = character.normalize('NFD').replace(NONSPACING_MARKS, '');
      if (character === '') return Int32Array.of(EXTEND << KIND_SHIFT);
    }
    const parts = Array.from(character, (part) => {
      const value = part.codePointAt(0) as number;
      if (/\s/u.test(part)) return BREAK << KIND_SHIFT;
      return value | ((PUNCTUATION_CLASS.test(part) ? PUNCTUATION : WORD) << KIND_SHIFT);
    });
    if (!this.options.handleChineseChars || !isBmpIdeograph(codePoint)) return Int32Array.from(parts);
    return Int32Array.of(BREAK << KIND_SHIFT, ...parts, BREAK << KIND_SHIFT);
  }

  private isDropped(codePoint: number, character: string): boolean {
    if (codePoint === 0 || codePoint === REPLACEMENT_CHARACTER) return true;
    if (character === '\t' || character === '\n' || character === '\r') return false;
    return CONTROL.test(character);
  }

  /** Unicode's Final_Sigma: a cased letter before it and none after it, case-ignorable characters looked through. */
  private endsWord(text: string, at: number, from: number, to: number): boolean {
    let before = at - 1;
    while (before >= from) {
      const low = text.charCodeAt(before) & 0xfc00;
      if (low === 0xdc00 && before > from && (text.charCodeAt(before - 1) & 0xfc00) === 0xd800) before -= 1;
      const cased = this.casedOrSkipped(text.codePointAt(before) as number);
      if (cased === false) return false;
      if (cased === true) break;
      before -= 1;
    }
    if (before < from) return false;
    for (let after = at + 1; after < to;) {
      const codePoint = text.codePointAt(after) as number;
      const cased = this.casedOrSkipped(codePoint);
      if (cased !== undefined) return !cased;
      after += codePoint > 0xffff ? 2 : 1;
    }
    return true;
  }

  /** Undefined for what the rule looks through. */
  private casedOrSkipped(codePoint: number): boolean | undefined {
    const character = String.fromCodePoint(codePoint);
    if (this.options.cleanText && this.isDropped(codePoint, character)) return undefined;
    if (CASE_IGNORABLE.test(character)) return undefined;
    return CASED.test(character);
  }
}

function isBmpIdeograph(unit: number): boolean {
  return (unit >= 0x4e00 && unit <= 0x9fff) || (unit >= 0x3400 && unit <= 0x4dbf) || (unit >= 0xf900 && unit <= 0xfaff);
}
