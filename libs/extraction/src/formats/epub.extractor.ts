import { IngestionFailure } from '@vectorlane/errors';
import { TextAssembly } from '../text-assembly';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../text-extractor';
import { type XmlAttributes, type XmlVisitor, visitXml } from './container/xml-reader';
import { ZipArchive } from './container/zip-archive';
import { appendDocument } from './files-inside';
import { extractHtml } from './html/html.extractor';
import { resolveTarget } from './ooxml/relationships';

/** EPUB books: the chapters in reading order, each read as the page it is. */
export class EpubExtractor implements TextExtractor {
  readonly format = 'epub';
  readonly lane = 'heavy';
  readonly extensions = ['epub'];
  readonly mediaTypes = ['application/epub+zip'];

  extract(source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    return extractEpub(source, signal);
  }
}

const PROPERTIES_LIMIT = 16 * 1024 * 1024;
const CHAPTER_LIMIT = 64 * 1024 * 1024;
const MAX_CHAPTERS = 10_000;
const CONTAINER = 'META-INF/container.xml';
const ENCRYPTION = 'META-INF/encryption.xml';

/** @throws IngestionFailure `CORRUPT_FILE`, `PASSWORD_PROTECTED`, `TOO_LARGE`; the signal's reason */
export async function extractEpub({ bytes }: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
  if (bytes.length === 0) return { text: '', blocks: [] };
  const archive = ZipArchive.open(bytes);
  const read = (part: string, visitor: XmlVisitor): Promise<void> =>
    visitXml(archive.read(part, PROPERTIES_LIMIT, signal), part, visitor);
  if (!archive.has(CONTAINER)) throw notBook();
  const container = new ContainerReader();
  await read(CONTAINER, container);
  if (container.packagePart === undefined || !archive.has(container.packagePart)) throw notBook();
  const book = new BookReader(container.packagePart);
  await read(container.packagePart, book);
  const encrypted = new EncryptionReader();
  if (archive.has(ENCRYPTION)) await read(ENCRYPTION, encrypted);

  const assembly = new TextAssembly();
  const title = book.title.join('').trim();
  if (title !== '') assembly.add({ kind: 'heading', text: title, headingPath: [] });
  const titles = title === '' ? [] : [title.replace(/\s+/g, ' ').slice(0, 300)];
  for (const chapter of book.chapters().slice(0, MAX_CHAPTERS)) {
    if (!archive.has(chapter)) continue;
    if (encrypted.parts.has(chapter.toLowerCase())) {
      const message = 'This book is protected against reading by other programs. Upload a copy without protection.';
      throw new IngestionFailure('PASSWORD_PROTECTED', message);
    }
    const parts: Uint8Array[] = [];
    for await (const part of archive.read(chapter, CHAPTER_LIMIT, signal)) parts.push(part);
    appendDocument(assembly, extractHtml({ bytes: Buffer.concat(parts), filename: chapter }), titles);
  }
  return assembly.finish();
}

class ContainerReader implements XmlVisitor {
  packagePart: string | undefined;

  open(name: string, attributes: XmlAttributes): void {
    if (name === 'container:rootfile') this.packagePart ??= attributes.get('full-path');
  }

  close(): void {}
  text(): void {}
}

/** The package document: what there is, in which order, and how the book is called. */
class BookReader implements XmlVisitor {
  readonly title: string[] = [];
  private readonly hrefs = new Map<string, string>();
  private readonly spine: string[] = [];
  private inTitle = false;
  private readonly folder: string;

  constructor(part: string) {
    this.folder = part.slice(0, part.lastIndexOf('/') + 1);
  }

  open(name: string, attributes: XmlAttributes): void {
    if (name === 'dc:title') this.inTitle = this.title.length === 0;
    else if (name === 'opf:itemref') this.spine.push(attributes.get('idref') ?? '');
    else if (name === 'opf:item' && isPage(attributes.get('media-type') ?? '')) {
      this.hrefs.set(attributes.get('id') ?? '', attributes.get('href') ?? '');
    }
  }

  close(name: string): void {
    if (name === 'dc:title') this.inTitle = false;
  }

  text(text: string): void {
    if (this.inTitle) this.title.push(text);
  }

  chapters(): readonly string[] {
    return this.spine
      .map((id) => this.hrefs.get(id))
      .filter((href) => href !== undefined)
      .map((href) => resolveTarget(this.folder, unescaped(href)));
  }
}

class EncryptionReader implements XmlVisitor {
  readonly parts = new Set<string>();

  open(name: string, attributes: XmlAttributes): void {
    if (name.endsWith(':CipherReference')) this.parts.add(unescaped(attributes.get('URI') ?? '').toLowerCase());
  }

  close(): void {}
  text(): void {}
}

function isPage(mediaType: string): boolean {
  return /^(?:application\/xhtml\+xml|text\/html|text\/x-oeb1-document)$/i.test(mediaType);
}

/** Names in links are escaped, those in the archive are not. */
function unescaped(href: string): string {
  const path = href.split('#', 1)[0] ?? '';
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // A sign that escapes nothing stands for itself.
  }
}

function notBook(): IngestionFailure {
  return new IngestionFailure('CORRUPT_FILE', 'There is no EPUB book in this file. Export it again and upload that.');
}
