/**
 * Text for a terminal: made harmless, measured in columns, wrapped, cut, highlighted. File names, messages and
 * passages come from strangers' documents, so nothing reaches the terminal before `printable` has seen it.
 */

// C0 and C1 controls can move the cursor or retitle the window; the bidirectional marks can make text read otherwise.

const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const ZERO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;
const DOUBLE_WIDTH =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;

/** Takes out what a terminal would obey; line breaks become spaces unless `keepLines`. */
export function printable(text: string, keepLines = false): string {
  const clean = text.replace(/\r\n?/g, '\n').replace(CONTROLS, '\ufffd').replace(/\t/g, ' ');
  return keepLines ? clean : clean.replace(/\n/g, ' ');
}

/** Columns the text takes, marks counting nothing and CJK or emoji two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  if (character < '\u0300') return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  return DOUBLE_WIDTH.test(character) ? 2 : 1;
}

const FENCE = /^ {0,3}(```|~~~)/;
const TABLE_ROW = /^\s*\|/;
const CODE = /^ {4}/;

/**
 * Fills lines of at most `width` columns. Single line breaks are taken as spaces, blank lines separate paragraphs; a
 * word wider than a line is broken. Lines of code blocks and tables are shown as they are, however wide.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let prose: string[] = [];
  let fenced = false;
  const endParagraph = (): void => {
    lines.push(...fill(prose.join(' '), width));
    prose = [];
  };
  for (const line of printable(text, true).split('\n')) {
    const isFence = FENCE.test(line);
    const asItIs = fenced || isFence || TABLE_ROW.test(line) || (prose.length === 0 && CODE.test(line));
    if (isFence) fenced = !fenced;
    if (asItIs || line.trim() === '') endParagraph();
    if (asItIs) lines.push(line.trimEnd());
    else if (line.trim() === '') {
      if (lines.length > 0 && lines.at(-1) !== '') lines.push('');
    } else prose.push(line);
  }
  endParagraph();
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

function fill(paragraph: string, width: number): string[] {
  const lines: string[] = [];
  const words = paragraph.split(/\s+/).filter((word) => word !== '');
  if (words.length > 0) {
    let line = '';
    let lineWidth = 0;
    for (const piece of words.flatMap((word) => breakWord(word, width))) {
      const pieceWidth = displayWidth(piece);
      if (line !== '' && lineWidth + 1 + pieceWidth > width) {
        lines.push(line);
        line = '';
        lineWidth = 0;
      }
      lineWidth += pieceWidth + (line === '' ? 0 : 1);
      line = line === '' ? piece : `${line} ${piece}`;
    }
    lines.push(line);
  }
  return lines;
}

function breakWord(word: string, width: number): string[] {
  if (displayWidth(word) <= width) return [word];
  const pieces: string[] = [];
  let piece = '';
  let pieceWidth = 0;
  for (const character of word) {
    const characterColumns = characterWidth(character);
    if (piece !== '' && pieceWidth + characterColumns > width) {
      pieces.push(piece);
      piece = '';
      pieceWidth = 0;
    }
    piece += character;
    pieceWidth += characterColumns;
  }
  pieces.push(piece);
  return pieces;
}

/** `1 chunk`, `2 chunks`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Cuts the middle out, for paths, whose two ends say most. */
export function shortenMiddle(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width <= 1) return '…'.slice(0, Math.max(0, width));
  const characters = [...text];
  const tailWidth = Math.ceil((width - 1) * 0.6);
  const tail = fit(characters.toReversed(), tailWidth).toReversed().join('');
  const head = fit(characters, width - 1 - displayWidth(tail)).join('');
  return `${head}…${tail}`;
}

function fit(characters: readonly string[], width: number): string[] {
  let used = 0;
  const end = characters.findIndex((character) => (used += characterWidth(character)) > width);
  return characters.slice(0, end === -1 ? characters.length : end);
}

/** Of the languages most asked in: words of questions and sentences, which mark nothing worth finding. */
const COMMON_WORDS: ReadonlySet<string> = new Set(
  [
    'about all also and any are because been but can could did does for from had has have her him his how its may might',
    'more most must not nor one our out over shall she should some such than that the their them then there these they',
    'this those too was were what when where which while who whom whose why will with would you your',
    'aber als auch auf aus bei bin bist das dass dem den der des die doch durch ein eine einem einen einer eines für hat',
    'ich ihr ist kann mit nach nicht noch nur oder sich sie sind über und unter vom von vor war warum was weil welche wenn',
    'wer werden wie wird wir wird zum zur',
    'aux avec ces cette comment dans des dont elle est être ils les leur mais nous ont par pas plus pour pourquoi quand que',
    'quel quelle qui sans ses son sont sur une vous',
    'como con cual cuando del desde donde ella ellos entre era esta este las los más para pero por porque que quien ser sin',
    'sobre son sus una uno unos',
    'alla anche che chi come con cosa dal dalla dei del della delle dove gli nel nella non per perché più quale quando sono',
    'sua sul sulla una uno',
    'das dos ela ele eles mas muito não nas nos para pela pelo por quando que são sem seu sua uma você',
  ].flatMap((line) => line.split(' ')),
);

const ESCAPES = {
  bold: ['\x1b[1m', '\x1b[22m'],
  dim: ['\x1b[2m', '\x1b[22m'],
  match: ['\x1b[1;33m', '\x1b[22;39m'],
} as const;

export function style(text: string, name: keyof typeof ESCAPES, enabled: boolean): string {
  return enabled ? `${ESCAPES[name][0]}${text}${ESCAPES[name][1]}` : text;
}

/**
 * A function that marks the query's words in a line. Whole words only, endings of up to three letters allowed on words
 * of four and more; scripts without spaces match anywhere; one- and two-letter Latin words are left alone, and so are
 * words that every text has.
 */
export function highlighter(query: string, enabled: boolean): (line: string) => string {
  const patterns = [...new Set(query.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [])]
    .filter((word) => DOUBLE_WIDTH.test(word) || [...word].length > 2 || /\p{N}/u.test(word))
    .filter((word) => !COMMON_WORDS.has(word))
    .toSorted((left, right) => right.length - left.length)
    .map((word) => {
      if (DOUBLE_WIDTH.test(word)) return word;
      const ending = [...word].length >= 4 ? '\\p{L}{0,3}' : '';
      return `(?<![\\p{L}\\p{N}])${word}${ending}(?![\\p{L}\\p{N}])`;
    });
  if (!enabled || patterns.length === 0) return (line) => line;
  const expression = new RegExp(patterns.join('|'), 'giu');
  return (line) => line.replace(expression, (match) => style(match, 'match', true));
}

/** Rows of cells, each column as wide as its widest cell; every cell has to be printable. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => displayWidth(row[column] ?? ''))));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - displayWidth(cell)))
      .join('  ')
      .trimEnd(),
  );
  return lines.map((line) => `${line}\n`).join('');
}

/** A timestamp of the API, to the minute. */
export function minuteOf(timestamp: string): string {
  return timestamp.slice(0, 16).replace('T', ' ');
}

/** JSON escapes most control characters itself, but not these, which a terminal may obey too. */
export function asJson(value: unknown): string {
  const json = JSON.stringify(value, null, 2);
  return `${json.replace(/[\u007f-\u009f]/g, (character) => escaped(character))}\n`;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
