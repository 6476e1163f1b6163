import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument } from '../../text-extractor';
import {
  type Container,
  isContainer,
  MAX_RECORD_LENGTH,
  type Leaf,
  newContainer,
  type Place,
  placeOf,
  ROOT_PLACE,
  splitRecords,
} from './json-container';
import type { JsonVisitor } from './json-reader';

/**
 * JSON values to records that people can read and search for: lines of `key.path: value`. An element of an array is one
 * record with all that is in it, as that is what people look for; whatever is too long for one record comes apart into
 * its own members and elements, each with its path. Records are written as soon as they end, so that memory holds one.
 */

/** Scalars of an array share a line while they are short. */
const MAX_SHARED_SCALAR_LENGTH = 80;
const MAX_SHARED_LINE_LENGTH = 1_000;
/** Longer paths help nobody, and at full depth they would outgrow the text. */
const MAX_PATH_LENGTH = 500;

/** Members and elements that may wait before what is closed is written. */
const FLUSH_ENTRIES = 256;

export class JsonRecords implements JsonVisitor {
  private readonly assembly = new TextAssembly();
  private current: Container | undefined;
  /** The outermost element of an array that is open; all below it belongs to one record. */
  private unit: Container | undefined;
  /** Something outside of any unit waits to be written. */
  private pending = false;
  private row: number | undefined;

  /** The next value is this line of a JSON Lines file (1-based): a record by itself. */
  beginLine(row: number): void {
    this.row = row;
  }

  openContainer(isArray: boolean): void {
    const opened = newContainer(this.nextStep(), isArray, this.current);
    if (this.unit === undefined && (this.current?.isArray === true || this.row !== undefined)) {
      this.flushPending();
      this.unit = opened;
    } else {
      this.current?.entries.push(opened);
    }
    this.current = opened;
  }

  closeContainer(): void {
    const closed = this.current;
    if (closed === undefined) return;
    this.current = closed.parent;
    if (closed === this.unit) {
      this.unit = undefined;
      this.write(closed);
    } else if (closed.parent === undefined) {
      this.write(closed);
    } else {
      closed.parent.length += closed.length;
      // A value that is too long for one record already comes apart in any case: what is closed of it can go.
      const goes = this.unit === undefined && closed.parent.length > MAX_RECORD_LENGTH;
      if (goes && closed.parent.entries.length >= FLUSH_ENTRIES) this.flushOpen();
    }
  }

  name(name: string): void {
    if (this.current !== undefined) this.current.name = name;
  }

  scalar(text: string): void {
    const { current } = this;
    if (current === undefined) return this.add([text], ROOT_PLACE);
    const step = this.nextStep();
    current.length += text.length + (typeof step === 'string' ? step.length : 0) + 2;
    this.pending ||= this.unit === undefined;
    if (!current.isArray || text.length > MAX_SHARED_SCALAR_LENGTH || text.includes('\n')) {
      current.entries.push({ step, text });
      return;
    }
    const last = current.entries.at(-1);
    if (last !== undefined && !isContainer(last) && last.shared !== undefined) share(last, text);
    else current.entries.push({ step, text: '', shared: [text], sharedLength: text.length });
  }

  finish(): ExtractedDocument {
    return this.assembly.finish();
  }

  private nextStep(): string | number {
    const { current } = this;
    if (current === undefined) return 0;
    return current.isArray ? current.nextIndex++ : current.name;
  }

  /** What the values around a record said so far comes before it in reading order. */
  private flushPending(): void {
    if (this.pending) this.flushOpen();
    this.pending = false;
  }

  /** Writes all that is closed; the values that are open stay so, emptied. */
  private flushOpen(): void {
    let outermost = this.current;
    // Lengths of open values reach their parents only when they close; the outermost must know them to come apart.
    for (let open = this.current; open?.parent !== undefined; open = open.parent) {
      open.parent.length += open.length;
      outermost = open.parent;
    }
    if (outermost !== undefined) this.write(outermost);
    let child: Container | undefined;
    for (let open = this.current; open !== undefined; open = open.parent) {
      open.entries = child === undefined ? [] : [child];
      // What came apart once goes on to do so.
      if (open.length <= MAX_RECORD_LENGTH) open.length = 0;
      child = open;
    }
  }

  private write(container: Container): void {
    splitRecords(container, placeOf(container), (place, lines) => this.add(lines, place));
  }

  private add(lines: readonly string[], place: Place): void {
    this.assembly.add({
      kind: 'record',
      text: lines.join('\n'),
      headingPath: place.names,
      ...(this.row !== undefined && { row: this.row }),
      ...(place.path.length <= MAX_PATH_LENGTH && { jsonPath: place.path }),
    });
  }
}

function share(leaf: Leaf, text: string): void {
  leaf.shared?.push(text);
  leaf.sharedLength = (leaf.sharedLength ?? 0) + text.length + 2;
  if (leaf.sharedLength < MAX_SHARED_LINE_LENGTH) return;
  leaf.text = leaf.shared?.join(', ') ?? '';
  delete leaf.shared;
}
