import { withoutInvisible } from '../../text-normalisation';

/** Text of one block as it comes in pieces: white space collapses across them, `<br>` starts a line. */
export class InlineText {
  private lines: string[][] = [[]];
  private inked = false;

  get isEmpty(): boolean {
    return !this.inked;
  }

  append(text: string): void {
    this.lines.at(-1)?.push(text);
    this.inked ||= /\S/.test(text);
  }

  breakLine(): void {
    if (this.inked) this.lines.push([]);
  }

  /** The paragraphs gathered since the last call; an empty line between two `<br>` separates paragraphs. */
  takeParagraphs(): readonly string[] {
    if (!this.inked) {
      this.clear();
      return [];
    }
    const paragraphs: string[][] = [[]];
    for (const pieces of this.lines) {
      const line = collapse(pieces.join(''));
      if (line !== '') paragraphs.at(-1)?.push(line);
      else if (paragraphs.at(-1)?.length) paragraphs.push([]);
    }
    this.clear();
    return paragraphs.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  }

  /** All of it on one line. */
  takeLine(): string {
    return this.takeParagraphs().join(' ').replaceAll('\n', ' ');
  }

  /** White space and all, as inside of `<pre>`. */
  takeVerbatim(): string {
    const text = this.lines.map((pieces) => pieces.join('')).join('\n');
    this.clear();
    return text;
  }

  private clear(): void {
    this.lines = [[]];
    this.inked = false;
  }
}

/** One space for any white space. */
function collapse(text: string): string {
  return withoutInvisible(text).replace(/\s+/g, ' ').trim();
}
