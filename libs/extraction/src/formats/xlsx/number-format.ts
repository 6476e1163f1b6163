/** Numbers and texts as a spreadsheet shows them, by the format of their cell. */

type Library = typeof import('numfmt');

const MAX_CODE_LENGTH = 500;
/** Where days are counted from 1904, they are so many fewer. */
const DAYS_UNTIL_1904 = 1_462;
/** Without a format of its own Excel shows eleven digits of a number, and takes an exponent for the others. */
const LONG = 1e11;
/** What people type is no longer than this; a number with more behind its point was computed. */
const TYPED_LENGTH = 13;
/** From here on the library writes an exponent into any format. */
const TOO_LARGE = 1e21;

/** How the cells of one format are shown. */
export interface CellFormat {
  number(value: number): string;
  text(value: string): string;
}

/** Formats by their codes; separators are those of English, names of days and months those that the code asks for. */
export class NumberFormats {
  private readonly known = new Map<string, CellFormat>();
  /** Whole numbers with all their digits, as they often are names of something: an article, an account. */
  private readonly general: CellFormat = {
    number: (value) => {
      const exact = String(Number(value.toPrecision(15)));
      const isComputed = exact.length > TYPED_LENGTH || exact.includes('e');
      return isComputed && !/^-?\d+$/.test(exact) ? this.library.format('General', value) : exact;
    },
    text: asIs,
  };

  private constructor(
    private readonly library: Library,
    private readonly from1904: boolean,
  ) {}

  /** The library knows the words of many languages: it is loaded when there is a workbook to be read. */
  static async load(from1904 = false): Promise<NumberFormats> {
    return new NumberFormats(await import('numfmt'), from1904);
  }

  /** @param id of a format that Excel knows by itself, and that files need not tell */
  builtIn(id: number): CellFormat {
    return this.get(BUILT_IN.get(EQUAL_TO.get(id) ?? id) ?? '');
  }

  /** @param code empty for the general one */
  get(code: string): CellFormat {
    const known = this.known.get(code);
    if (known !== undefined) return known;
    const made = this.make(code);
    this.known.set(code, made);
    return made;
  }

  private make(code: string): CellFormat {
    if (/^(?:general|@)?$/i.test(code) || code.length > MAX_CODE_LENGTH) return this.general;
    const shown = (pattern: string, value: number | string): string => this.library.format(pattern, value);
    try {
      const { year, month, day } = this.library.getFormatDateInfo(code);
      const offset = this.from1904 && (year || month || day) ? DAYS_UNTIL_1904 : 0;
      const pattern = this.library.isDateFormat(code) ? code : withoutLanguages(code);
      const ofLong = pattern.replace(/general|@/gi, '0');
      const hasExponent = /E[+-]/i.test(pattern);
      return {
        number: (value) => {
          const size = Math.abs(value);
          if (!Number.isFinite(value) || (size >= TOO_LARGE && !hasExponent)) return this.general.number(value);
          const isLong = size >= LONG && Number.isInteger(value);
          const text = tidy(shown(isLong ? ofLong : pattern, value + offset));
          // What a format hides is read as hidden sheets are; a zero that is not shown is none.
          return text === '' && value !== 0 ? this.general.number(value) : text;
        },
        text: tidy(shown(pattern, 'x')) === 'x' ? asIs : (value) => tidy(shown(pattern, value)) || value,
      };
    } catch {
      return this.general;
    }
  }
}

/** `[$€-407]` is a currency and whose it is; the language decides no separators in Excel. */
function withoutLanguages(code: string): string {
  return code.replace(/\[\$([^\]"-]*)(?:-[^\]]*)?\]/g, (_, currency: string) =>
    currency === '' ? '' : `"${currency}"`,
  );
}

/** Formats keep room for signs and digits of other rows. */
function tidy(text: string): string {
  return /^\s|\s\s|\s$/.test(text) ? text.replace(/\s+/g, ' ').trim() : text;
}

function asIs(text: string): string {
  return text;
}

/**
 * Formats that files name by a number alone. Dates and times of which the machine decides how they look (14 and 22)
 * are given as ISO 8601 writes them.
 */
const BUILT_IN: ReadonlyMap<number, string> = new Map([
  [1, '0'], [2, '0.00'], [3, '#,##0'], [4, '#,##0.00'], [5, '"$"#,##0_);("$"#,##0)'], [6, '"$"#,##0_);("$"#,##0)'],
  [7, '"$"#,##0.00_);("$"#,##0.00)'], [8, '"$"#,##0.00_);("$"#,##0.00)'], [9, '0%'], [10, '0.00%'], [11, '0.00E+00'],
  [12, '# ?/?'], [13, '# ??/??'], [14, 'yyyy-mm-dd'], [15, 'd-mmm-yy'], [16, 'd-mmm'], [17, 'mmm-yy'],
  [18, 'h:mm AM/PM'], [19, 'h:mm:ss AM/PM'], [20, 'h:mm'], [21, 'h:mm:ss'], [22, 'yyyy-mm-dd hh:mm'],
  [37, '#,##0_);(#,##0)'], [38, '#,##0_);(#,##0)'], [39, '#,##0.00_);(#,##0.00)'], [40, '#,##0.00_);(#,##0.00)'],
  [41, '#,##0_);(#,##0);"-"_)'], [42, '"$"#,##0_);("$"#,##0);"$-"_)'], [43, '#,##0.00_);(#,##0.00);"-"_)'],
  [44, '"$"#,##0.00_);("$"#,##0.00);"$-"_)'], [45, 'mm:ss'], [46, '[h]:mm:ss'], [47, 'mm:ss.0'], [48, '##0.0E+0'],
]); // prettier-ignore

/** Those of East Asia and Thailand stand for one of the others ([ECMA-376] part 1, 18.8.30). */
const EQUAL_TO: ReadonlyMap<number, number> = new Map([
  ...[27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 55, 56, 57, 58, 71, 72].map((id) => [id, 14] as const),
  ...[32, 33, 34, 35].map((id) => [id, 21] as const),
  [59, 1], [60, 2], [61, 3], [62, 4], [67, 9], [68, 10], [69, 12], [70, 13], [73, 15], [74, 16], [75, 17], [76, 20],
  [77, 21], [78, 22], [79, 45], [80, 46], [81, 47],
]); // prettier-ignore
