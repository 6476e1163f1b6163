import { SaxesParser } from 'saxes';
import { TextDecoder } from 'node:util';
import { damaged } from './zip-archive';

/**
 * The XML of a part as a stream of events. Names come with the prefix that is usual for their namespace, whatever the
 * file calls it. A document type may name a DTD, which nobody fetches, and define nothing: there are no entities but
 * the five of XML.
 */
export interface XmlVisitor {
  /** False leaves the element out: neither what is in it nor its end is reported. */
  open(name: string, attributes: XmlAttributes): boolean | void;
  close(name: string): void;
  text(text: string): void;
}

export interface XmlAttributes {
  /** @param name with the usual prefix, or without one for an attribute of no namespace */
  get(name: string): string | undefined;
}

/** Both dialects: the transitional one that is written nearly always, and the strict one of ISO 29500. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ['http://schemas.openxmlformats.org/wordprocessingml/2006/main', 'w'],
  ['http://purl.oclc.org/ooxml/wordprocessingml/main', 'w'],
  ['http://schemas.openxmlformats.org/markup-compatibility/2006', 'mc'],
  ['http://schemas.openxmlformats.org/officeDocument/2006/math', 'm'],
  ['http://purl.oclc.org/ooxml/officeDocument/math', 'm'],
  ['http://schemas.openxmlformats.org/drawingml/2006/main', 'a'],
  ['http://purl.oclc.org/ooxml/drawingml/main', 'a'],
  ['http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing', 'wp'],
  ['http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing', 'wp'],
  ['http://schemas.openxmlformats.org/officeDocument/2006/relationships', 'r'],
  ['http://purl.oclc.org/ooxml/officeDocument/relationships', 'r'],
  ['http://schemas.openxmlformats.org/drawingml/2006/chart', 'c'],
  ['http://purl.oclc.org/ooxml/drawingml/chart', 'c'],
  ['http://schemas.openxmlformats.org/drawingml/2006/diagram', 'dgm'],
  ['http://purl.oclc.org/ooxml/drawingml/diagram', 'dgm'],
  ['http://schemas.openxmlformats.org/presentationml/2006/main', 'p'],
  ['http://purl.oclc.org/ooxml/presentationml/main', 'p'],
  ['http://schemas.openxmlformats.org/spreadsheetml/2006/main', 'x'],
  ['http://purl.oclc.org/ooxml/spreadsheetml/main', 'x'],
  ['urn:oasis:names:tc:opendocument:xmlns:office:1.0', 'office'],
  ['urn:oasis:names:tc:opendocument:xmlns:style:1.0', 'style'],
  ['urn:oasis:names:tc:opendocument:xmlns:text:1.0', 'text'],
  ['urn:oasis:names:tc:opendocument:xmlns:table:1.0', 'table'],
  ['urn:oasis:names:tc:opendocument:xmlns:drawing:1.0', 'draw'],
  ['urn:oasis:names:tc:opendocument:xmlns:presentation:1.0', 'presentation'],
  ['urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0', 'svg'],
  ['urn:oasis:names:tc:opendocument:xmlns:manifest:1.0', 'manifest'],
  ['urn:oasis:names:tc:opendocument:xmlns:container', 'container'],
  ['http://www.w3.org/1999/xlink', 'xlink'],
  ['http://www.idpf.org/2007/opf', 'opf'],
  ['http://purl.org/dc/elements/1.1/', 'dc'],
  ['urn:schemas-microsoft-com:vml', 'v'],
  ['http://schemas.openxmlformats.org/package/2006/relationships', 'rel'],
]);

/** A parser keeps each open element and attribute: bounds for what programs write in tens. */
const MAX_DEPTH = 10_000;
const MAX_ATTRIBUTES = 1_000;
const MAX_CACHED_NAMES = 1_000;

/**
 * @param part its name, for the message of a failure
 * @throws IngestionFailure `CORRUPT_FILE` when it is not well-formed; whatever the source throws
 */
export async function visitXml(chunks: AsyncIterable<Uint8Array>, part: string, visitor: XmlVisitor): Promise<void> {
  const reader = new XmlReader(part, visitor);
  let decoder: TextDecoder | undefined;
  for await (const chunk of chunks) {
    decoder ??= new TextDecoder(charsetOf(chunk), { fatal: true });
    reader.write(decode(decoder, chunk, part));
  }
  reader.write(decoder === undefined ? '' : decode(decoder, undefined, part));
  reader.close();
}

/** Parts are UTF-8 or UTF-16; the latter begins with a byte order mark. */
function charsetOf(start: Uint8Array): string {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  return start[0] === 0xfe && start[1] === 0xff ? 'utf-16be' : 'utf-8';
}

function decode(decoder: TextDecoder, chunk: Uint8Array | undefined, part: string): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch (error) {
    throw damaged(`Its part "${part}" is not valid ${decoder.encoding.toUpperCase()}.`, error);
  }
}

class XmlReader {
  private readonly parser = new SaxesParser({ xmlns: false, position: false });
  private readonly names = new Namespaces();
  private readonly attributes = new ElementAttributes(this.names);
  /** Names of the open elements that were reported. */
  private readonly open: string[] = [];
  /** Open elements below, and including, the outermost one that is left out. */
  private skipped = 0;
  private attributeCount = 0;

  constructor(part: string, visitor: XmlVisitor) {
    const refuse = (reason: string, cause?: unknown): never => {
      throw damaged(`Its part "${part}" ${reason}.`, cause);
    };
    this.parser.on('error', (error) => refuse('is not well-formed XML', error));
    this.parser.on('doctype', (doctype) => {
      if (doctype.includes('[')) refuse('has a document type with definitions, which is not allowed in it');
    });
    this.parser.on('opentagstart', () => (this.attributeCount = 0));
    this.parser.on('attribute', () => {
      this.attributeCount += 1;
      if (this.attributeCount > MAX_ATTRIBUTES) refuse('has an element of too many attributes');
    });
    this.parser.on('opentag', (tag) => {
      if (this.skipped + this.open.length >= MAX_DEPTH) refuse('is nested too deeply');
      if (this.skipped > 0) {
        this.skipped += 1;
        return;
      }
      this.names.enter(tag.attributes);
      const name = this.names.element(tag.name);
      this.attributes.of = tag.attributes;
      if (visitor.open(name, this.attributes) === false) {
        this.names.leave();
        this.skipped = 1;
      } else this.open.push(name);
    });
    this.parser.on('closetag', () => {
      if (this.skipped > 0) {
        this.skipped -= 1;
        return;
      }
      this.names.leave();
      visitor.close(this.open.pop() ?? '');
    });
    const text = (text: string): void => {
      if (this.skipped === 0) visitor.text(text);
    };
    this.parser.on('text', text);
    this.parser.on('cdata', text);
  }

  write(text: string): void {
    if (text !== '') this.parser.write(text);
  }

  close(): void {
    this.parser.close();
  }
}

/** Which prefix stands for which namespace, at the place reached so far. */
class Namespaces {
  private readonly bound = new Map<string, string>([['xml', 'xml']]);
  /** What to restore at the end of each element that binds something. */
  private readonly undone: { readonly depth: number; readonly prefix: string; readonly uri: string | undefined }[] = [];
  private readonly elements = new Map<string, string>();
  private readonly others = new Map<string, string>();
  private depth = 0;

  enter(attributes: Readonly<Record<string, string>>): void {
    this.depth += 1;
    for (const name in attributes) {
      if (name === 'xmlns') this.bind('', attributes[name] ?? '');
      else if (name.startsWith('xmlns:')) this.bind(name.slice(6), attributes[name] ?? '');
    }
  }

  leave(): void {
    while (this.undone.at(-1)?.depth === this.depth) {
      const { prefix, uri } = this.undone.pop() as { prefix: string; uri: string | undefined };
      if (uri === undefined) this.bound.delete(prefix);
      else this.bound.set(prefix, uri);
      this.forget();
    }
    this.depth -= 1;
  }

  element(name: string): string {
    return this.usual(name, this.elements, '');
  }

  attribute(name: string): string {
    return this.usual(name, this.others, undefined);
  }

  private bind(prefix: string, uri: string): void {
    const before = this.bound.get(prefix);
    const usual = PREFIXES.get(uri) ?? '?';
    if (before === usual) return;
    this.undone.push({ depth: this.depth, prefix, uri: before });
    this.bound.set(prefix, usual);
    this.forget();
  }

  private usual(name: string, known: Map<string, string>, unprefixed: string | undefined): string {
    const found = known.get(name);
    if (found !== undefined) return found;
    const colon = name.indexOf(':');
    const prefix = colon < 0 ? unprefixed : name.slice(0, colon);
    const usual = prefix === undefined ? name : `${this.bound.get(prefix) ?? '?'}:${name.slice(colon + 1)}`;
    if (known.size >= MAX_CACHED_NAMES) known.clear();
    known.set(name, usual);
    return usual;
  }

  private forget(): void {
    this.elements.clear();
    this.others.clear();
  }
}

/** One object for all elements, as most attributes are never asked for. */
class ElementAttributes implements XmlAttributes {
  of: Readonly<Record<string, string>> = {};

  constructor(private readonly names: Namespaces) {}

  get(wanted: string): string | undefined {
    for (const name in this.of) {
      if (this.names.attribute(name) === wanted) return this.of[name];
    }
    return undefined;
  }
}

/** A property that is on by its mere presence, and off when it says so. */
export function isOn(attributes: XmlAttributes): boolean {
  const value = attributes.get('w:val');
  return value === undefined || !['0', 'false', 'off'].includes(value);
}
