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

const PART_LIMIT = 256 * 1024 * 1024;
const MANIFEST = 'META-INF/manifest.xml';
const CONTENT = 'content.xml';
const STYLES = 'styles.xml';

/** @throws IngestionFailure `CORRUPT_FILE`, `PASSWORD_PROTECTED`, `TOO_LARGE`; the signal's reason */
export async function extractOdf({ bytes }: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
  if (bytes.length === 0) return { text: '', blocks: [] };
  const archive = ZipArchive.open(bytes);
  if (archive.has(MANIFEST)) {
    const manifest = new ManifestReader();
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
  const reader = new OdfReader(styles);
  await visitXml(archive.read(CONTENT, PART_LIMIT, signal), CONTENT, reader);
  if (!reader.isDocument) throw notOpenDocument();
  return reader.finish();
}

class ManifestReader implements XmlVisitor {
  isEncrypted = false;
  private part = '';

  open(name: string, attributes: XmlAttributes): void {
    if (name === 'manifest:file-entry') this.part = attributes.get('manifest:full-path') ?? '';
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
