/**
 * A JSON reader (RFC 8259, strict) that keeps what `JSON.parse` loses: the digits of numbers, duplicate members, and
 * the place of the first error. It calls a visitor instead of building values, and keeps its own stack, so that neither
 * size nor depth is bound by anything but the limits given here.
 */
export interface JsonVisitor {
  openContainer(isArray: boolean): void;
  closeContainer(): void;
  /** Name of the member whose value comes next. */
  name(name: string): void;
  /** A string's content, or the source of a number, `true`, `false`, `null`. */
  scalar(text: string): void;
}

export const MAX_JSON_DEPTH = 1_000;

export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';

  constructor(
    /** What is wrong, in words, without the place. */
    readonly reason: string,
    /** Code unit at which it was noticed. */
    readonly offset: number,
    /** The source ended too early; everything up to there is fine. */
    readonly atEnd = false,
  ) {
    super(reason);
  }
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORDS = ['true', 'false', 'null'] as const;

export class JsonReader {
  private offset: number;
  private readonly arrays: boolean[] = [];

  constructor(
    private readonly text: string,
    private readonly visitor: JsonVisitor,
    start = 0,
    private readonly end = text.length,
  ) {
    this.offset = start;
  }

  /**
   * Reads one value and nothing but white space after it.
   * @throws JsonSyntaxError
   */
  readDocument(): void {
    this.skipWhiteSpace();
    this.readValue();
    this.skipWhiteSpace();
    if (this.offset < this.end) throw this.unexpected('There is more after the end of the JSON value');
  }

  /** One value with everything in it; the loop stands at the start of a value whenever it comes round. */
  private readValue(): void {
    for (;;) {
      const opened = this.readStart();
      if (opened && this.enterContainer()) continue;
      if (!this.leaveValue()) return;
    }
  }

  /** Reads a scalar, or the opening bracket of a container (true). */
  private readStart(): boolean {
    const character = this.text[this.offset];
    if (this.offset >= this.end) throw this.unexpected('A value is missing');
    if (character === '{' || character === '[') {
      if (this.arrays.length >= MAX_JSON_DEPTH) {
        throw new JsonSyntaxError(`Values are nested deeper than ${MAX_JSON_DEPTH} levels`, this.offset);
      }
      this.arrays.push(character === '[');
      this.visitor.openContainer(character === '[');
      this.offset += 1;
      return true;
    }
    if (character === '"') this.visitor.scalar(this.readString());
    else this.visitor.scalar(this.readLiteral());
    return false;
  }

  /** Moves to the first value of the container just opened; false when it is empty, and then it is closed. */
  private enterContainer(): boolean {
    this.skipWhiteSpace();
    if (this.text[this.offset] === (this.arrays.at(-1) ? ']' : '}') && this.offset < this.end) {
      this.closeContainer();
      return false;
    }
    if (this.arrays.at(-1) === false) this.readName();
    return true;
  }

  /** After a value: moves to the next one, closing what ends; false when the outermost value has ended. */
  private leaveValue(): boolean {
    while (this.arrays.length > 0) {
      this.skipWhiteSpace();
      const isArray = this.arrays.at(-1) === true;
      const character = this.offset < this.end ? this.text[this.offset] : undefined;
      if (character === ',') {
        this.offset += 1;
        this.skipWhiteSpace();
        if (!isArray) this.readName();
        else if (this.text[this.offset] === ']') throw this.unexpected('There is a comma before the closing "]"');
        return true;
      }
      if (character !== (isArray ? ']' : '}')) {
        throw this.unexpected(`A comma or "${isArray ? ']' : '}'}" is missing`);
      }
      this.closeContainer();
    }
    return false;
  }

  private closeContainer(): void {
    this.offset += 1;
    this.arrays.pop();
    this.visitor.closeContainer();
  }

  private readName(): void {
    const character = this.offset < this.end ? this.text[this.offset] : undefined;
    if (character === '}') throw this.unexpected('There is a comma before the closing "}"');
    if (character !== '"') throw this.unexpected('The name of a member, in double quotes, is missing');
    this.visitor.name(this.readString());
    this.skipWhiteSpace();
    if (this.text[this.offset] !== ':' || this.offset >= this.end) {
      throw this.unexpected('A colon is missing after the name of a member');
    }
    this.offset += 1;
    this.skipWhiteSpace();
  }

  private readString(): string {
    const start = this.offset;
    let escaped = false;
    for (let index = start + 1; index < this.end; index += 1) {
      const codeUnit = this.text.charCodeAt(index);
      if (codeUnit === 0x22) {
        this.offset = index + 1;
        return escaped ? this.unescape(start, index + 1) : this.text.slice(start + 1, index);
      }
      if (codeUnit < 0x20) {
        throw new JsonSyntaxError(
          'A string holds a line break or another control character that is not escaped',
          index,
        );
      }
      if (codeUnit === 0x5c) {
        escaped = true;
        index += 1;
      }
    }
    throw new JsonSyntaxError('A string has no closing quote', start, true);
  }

  private unescape(start: number, end: number): string {
    try {
      return JSON.parse(this.text.slice(start, end)) as string;
    } catch (error) {
      if (error instanceof SyntaxError)
        throw new JsonSyntaxError('A string holds an escape that JSON does not have', start);
      throw error;
    }
  }

  private readLiteral(): string {
    for (const word of WORDS) {
      if (this.text.startsWith(word, this.offset) && this.offset + word.length <= this.end) {
        this.offset += word.length;
        return word;
      }
      if (this.offset + word.length > this.end && word.startsWith(this.text.slice(this.offset, this.end))) {
        throw new JsonSyntaxError('A value is cut off', this.offset, true);
      }
    }
    NUMBER.lastIndex = this.offset;
    const number = NUMBER.exec(this.text)?.[0];
    if (number !== undefined && this.offset + number.length <= this.end) {
      this.offset += number.length;
      return number;
    }
    throw this.unexpected('This is not a JSON value (text needs double quotes)');
  }

  private skipWhiteSpace(): void {
    while (this.offset < this.end) {
      const codeUnit = this.text.charCodeAt(this.offset);
      if (codeUnit !== 0x20 && codeUnit !== 0x0a && codeUnit !== 0x0d && codeUnit !== 0x09) return;
      this.offset += 1;
    }
  }

  private unexpected(reason: string): JsonSyntaxError {
    return new JsonSyntaxError(reason, this.offset, this.offset >= this.end);
  }
}
