import { coverageNote, MAX_NOTES } from '@vectorlane/domain';
import { IngestionFailure } from '@vectorlane/errors';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../../text-extractor';
import { type XmlAttributes, type XmlVisitor, visitXml } from '../container/xml-reader';
import { ZipArchive } from '../container/zip-archive';
import { OdfListStyles } from './odf-numbering';
import { OdfReader } from './odf-reader';

/** OpenDocument: texts (odt), sheets (ods) and presentations (odp) differ in what their content holds, not in how. */
export class OdfExtractor implements TextExtractor {
  readonly lane = 'heavy';
  readonly extensions: readonly string[];
  readonly mediaTypes: readonly string[];

  /** @param templates further endings: templates and such */
  constructor(
    readonly format: 'odt' | 'ods' | 'odp',
    kind: string,
    templates: readonly string[],
  ) {
    this.extensions = [format, ...templates];
    this.mediaTypes = [
      `application/vnd.oasis.opendocument.${kind}`,
      `application/vnd.oasis.opendocument.${kind}-template`,
    ];
  }

  extract(source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    return extractOdf(source, signal);
  }
}

const MAX_OBJECTS = 500;
const OBJECT_LIMIT = 16 * 1024 * 1024;
/** Of all objects together; they are held until the content shows them. */
const MAX_OBJECTS_LENGTH = 32 * 1024 * 1024;
const PART_LIMIT = 256 * 1024 * 1024;
const MANIFEST = 'META-INF/manifest.xml';
const CONTENT = 'content.xml';
const STYLES = 'styles.xml';

/** @throws IngestionFailure `CORRUPT_FILE`, `PASSWORD_PROTECTED`, `TOO_LARGE`; the signal's reason */
export async function extractOdf({ bytes }: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
  if (bytes.length === 0) return { text: '', blocks: [] };
  const archive = ZipArchive.open(bytes);
  const manifest = new ManifestReader();
  if (archive.has(MANIFEST)) {
    await visitXml(archive.read(MANIFEST, PART_LIMIT, signal), MANIFEST, manifest);
    if (manifest.isEncrypted) {
      const message = 'This document is protected by a password. Save a copy without one and upload that.';
      throw new IngestionFailure('PASSWORD_PROTECTED', message);
    }
  }
  if (!archive.has(CONTENT)) throw notOpenDocument();
  const styles = new OdfListStyles();
  if (archive.has(STYLES)) {
    const reader = { open: styles.open.bind(styles), close: () => undefined, text: () => undefined };
    await visitXml(archive.read(STYLES, PART_LIMIT, signal), STYLES, reader);
  }
  const notes: string[] = [];
  const reader = new OdfReader(styles, await readObjects(archive, manifest.objects, notes, signal));
  await visitXml(archive.read(CONTENT, PART_LIMIT, signal), CONTENT, reader);
  if (!reader.isDocument) throw notOpenDocument();
  const document = reader.finish();
  if (notes.length === 0) return document;
  return { ...document, coverage: { pages: null, pagesWithoutText: [], ...document.coverage, notes } };
}

/** Charts, and documents within the document, by the folders that they are in. */
async function readObjects(
  archive: ZipArchive,
  folders: readonly string[],
  notes: string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ExtractedDocument>> {
  const objects = new Map<string, ExtractedDocument>();
  let length = 0;
  const leaveOut = (folder: string): void => {
    if (notes.length < MAX_NOTES) notes.push(coverageNote('FILE_INSIDE_NOT_READ', folder));
  };
  let looked = 0;
  for (const folder of folders) {
    const part = `${folder}/${CONTENT}`;
    if (!archive.has(part)) continue;
    looked += 1;
    if (looked > MAX_OBJECTS || length > MAX_OBJECTS_LENGTH) {
      leaveOut(folder);
      continue;
    }
    const reader = new OdfReader(new OdfListStyles());
    try {
      await visitXml(archive.read(part, OBJECT_LIMIT, signal), part, reader);
      if (!reader.isDocument) continue;
      const document = reader.finish();
      length += document.text.length;
      objects.set(folder, document);
    } catch (error) {
      // One that is damaged or too large takes nothing of the document around it.
      if (!(error instanceof IngestionFailure)) throw error;
      leaveOut(folder);
    }
  }
  return objects;
}

class ManifestReader implements XmlVisitor {
  isEncrypted = false;
  /** Folders of what is embedded. */
  readonly objects: string[] = [];
  private part = '';

  open(name: string, attributes: XmlAttributes): void {
    if (name === 'manifest:file-entry') {
      this.part = attributes.get('manifest:full-path') ?? '';
      const folder = /^([^/]+)\/content\.xml$/.exec(this.part)?.[1];
      if (folder !== undefined) this.objects.push(folder);
    }
    if (name === 'manifest:encryption-data' && this.part === CONTENT) this.isEncrypted = true;
  }

  close(): void {}
  text(): void {}
}

function notOpenDocument(): IngestionFailure {
  return new IngestionFailure(
    'CORRUPT_FILE',
    'There is no OpenDocument in this file. Open it in an office program, save it again and upload that.',
  );
}
