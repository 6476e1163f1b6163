import { cutText, normaliseText } from '../../text-normalisation';

/** Values of one record while it is read, and how they become lines. Depth is bounded by the reader. */

export interface Leaf {
  /** Name of the member, or index of the element. */
  readonly step: string | number;
  text: string;
  /** Scalars of one array that still gather on this line; `text` is then not yet set. */
  shared?: string[];
  sharedLength?: number;
}

export interface Container {
  readonly step: string | number;
  readonly isArray: boolean;
  readonly parent: Container | undefined;
  entries: (Leaf | Container)[];
  /** Code units of the names and values below, of what is closed. */
  length: number;
  nextIndex: number;
  /** Name of the member that is being read. */
  name: string;
  place?: Place;
}

/** Where a value stands, for machine and reader. */
export interface Place {
  /** RFC 9535 normalised path. */
  readonly path: string;
  /** Names on the way from the outermost value; indexes would say nothing to a reader. */
  readonly names: readonly string[];
}

export const ROOT_PLACE: Place = { path: '$', names: [] };

/** About one chunk of the default size four times over: long enough for a person's record, short enough to point at. */
export const MAX_RECORD_LENGTH = 4_000;
const MAX_NAME_LENGTH = 100;
const MAX_NAMES = 8;
const MAX_LABEL_LENGTH = 300;

export function newContainer(step: string | number, isArray: boolean, parent: Container | undefined): Container {
  return { step, isArray, parent, entries: [], length: 0, nextIndex: 0, name: '' };
}

export function isContainer(entry: Leaf | Container): entry is Container {
  return 'entries' in entry;
}

export function placeOf(container: Container): Place {
  container.place ??=
    container.parent === undefined ? ROOT_PLACE : placeBelow(placeOf(container.parent), container.step);
  return container.place;
}

/**
 * Gives out the records of a container in reading order: one when it is short, else its scalars and each member or
 * element by itself.
 */
export function splitRecords(
  container: Container,
  place: Place,
  record: (place: Place, lines: readonly string[]) => void,
): void {
  let lines: string[] = [];
  let length = 0;
  const flush = (): void => {
    if (lines.length > 0) record(place, lines);
    lines = [];
    length = 0;
  };
  if (container.length <= MAX_RECORD_LENGTH) {
    collectLines(container, '', lines);
    return flush();
  }
  for (const entry of container.entries) {
    if (isContainer(entry)) {
      flush();
      splitRecords(entry, placeBelow(place, entry.step), record);
    } else {
      const line = lineOf(entry, '', container.isArray);
      if (length + line.length > MAX_RECORD_LENGTH) flush();
      lines.push(line);
      length += line.length + 1;
    }
  }
  flush();
}

function collectLines(container: Container, label: string, lines: string[]): void {
  for (const entry of container.entries) {
    if (isContainer(entry)) collectLines(entry, labelBelow(label, entry.step), lines);
    else lines.push(lineOf(entry, label, container.isArray));
  }
}

function lineOf(leaf: Leaf, label: string, inArray: boolean): string {
  const whole = inArray ? label : labelBelow(label, leaf.step);
  const text = leaf.shared?.join(', ') ?? leaf.text;
  return whole === '' ? text : `${whole}: ${text}`;
}

function labelBelow(label: string, step: string | number): string {
  if (typeof step === 'number') return `${label}[${step}]`;
  const name = readableName(step);
  const whole = label === '' ? name : `${label}.${name}`;
  // Many values far below would each repeat all names above them.
  return whole.length <= MAX_LABEL_LENGTH ? whole : `…${whole.slice(-MAX_LABEL_LENGTH / 2)}`;
}

function placeBelow(place: Place, step: string | number): Place {
  if (typeof step === 'number') return { path: `${place.path}[${step}]`, names: place.names };
  const names = [...place.names, readableName(step)].slice(-MAX_NAMES);
  return { path: `${place.path}['${escapeName(step)}']`, names };
}

function readableName(name: string): string {
  return cutText(normaliseText(cutText(name, MAX_NAME_LENGTH)).replace(/\s+/g, ' ').trim(), MAX_NAME_LENGTH);
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\b': '\\b', '\t': '\\t', '\n': '\\n', '\f': '\\f', '\r': '\\r', "'": "\\'", '\\': '\\\\',
}; // prettier-ignore

/** RFC 9535, section 2.7. */
function escapeName(name: string): string {
  return name.replace(
    /[\x00-\x1f'\\]/g,
    (character) => SHORT_ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
