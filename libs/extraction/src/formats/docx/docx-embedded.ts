import { coverageNote } from '@vectorlane/domain';
import { IngestionFailure } from '@vectorlane/errors';
import type { ExtractedDocument, ExtractionSource } from '../../text-extractor';
import type { ZipArchive } from '../container/zip-archive';
import { readGraphic } from '../ooxml/charts';
import type { Relationship } from '../ooxml/relationships';
import { extractHtml } from '../html/html.extractor';
import { savedPage } from '../mail/mail-text';
import { extractRtf } from '../rtf/rtf.extractor';
import { extractTxt } from '../txt.extractor';
import type { DocxBlock } from './docx-blocks';

/**
 * Documents of other formats that stand whole in a Word document (`w:altChunk`), as programs that put reports together
 * leave them: Word itself reads them when it opens the file.
 */

const MAX_EMBEDDED = 100;
const MAX_NOTES = 50;
const MAX_BYTES = 16 * 1024 * 1024;

export interface EmbeddedDocuments {
  readonly blocks: ReadonlyMap<string, readonly DocxBlock[]>;
  readonly notes: readonly string[];
}

export interface EmbeddedReader {
  /** Reads a Word document inside; left out where they are nested too deeply. */
  readonly docx?: (source: ExtractionSource) => Promise<ExtractedDocument>;
}

/**
 * @param targets parts by the ids of their relationships
 * @returns what could be read of them, by the same ids, and notes on the others
 * @throws IngestionFailure `TOO_LARGE`; the signal's reason when it is aborted
 */
export async function readEmbedded(
  archive: ZipArchive,
  targets: ReadonlyMap<string, string>,
  reader: EmbeddedReader,
  signal: AbortSignal,
): Promise<EmbeddedDocuments> {
  const found = new Map<string, readonly DocxBlock[]>();
  const notes: string[] = [];
  for (const [id, target] of [...targets].slice(0, MAX_EMBEDDED)) {
    if (!archive.has(target)) continue;
    const parts: Uint8Array[] = [];
    for await (const part of archive.read(target, MAX_BYTES, signal)) parts.push(part);
    const document = await readAny({ bytes: Buffer.concat(parts), filename: target }, reader);
    if (document === undefined) notes.push(coverageNote('FILE_INSIDE_NOT_READ', target));
    else found.set(id, blocksOf(document));
  }
  return { blocks: found, notes: notes.slice(0, MAX_NOTES) };
}

/** What charts and diagrams say, by the ids of their relationships. */
export async function readGraphics(
  archive: ZipArchive,
  related: readonly Relationship[],
  signal: AbortSignal,
): Promise<EmbeddedDocuments> {
  const blocks = new Map<string, readonly DocxBlock[]>();
  const notes: string[] = [];
  for (const one of related.filter(({ kind }) => GRAPHICS.has(kind)).slice(0, MAX_GRAPHICS)) {
    const words = await readGraphic(archive, one, notes, signal);
    const firstRow = words.findIndex(({ kind }) => kind === 'row');
    if (words.length > 0) blocks.set(one.id, words.map((word, at) => ({ ...word, page: 1, first: at === firstRow }))); // prettier-ignore
  }
  return { blocks, notes };
}

const GRAPHICS: ReadonlySet<string> = new Set(['chart', 'diagramData']);
const MAX_GRAPHICS = 1_000;

async function readAny(source: ExtractionSource, { docx }: EmbeddedReader): Promise<ExtractedDocument | undefined> {
  const start = Buffer.from(source.bytes.buffer, source.bytes.byteOffset, Math.min(source.bytes.length, 1_024));
  try {
    if (start.toString('latin1', 0, 2) === 'PK') return await docx?.(source);
    if (/^(?:MIME-Version:|Content-Type: *multipart\/)/im.test(start.toString('latin1'))) {
      return await savedPage(source.bytes);
    }
    if (start.toString('latin1', 0, 5) === '{\\rtf') return extractRtf(source);
    if (/\.(?:x?html?)$/i.test(source.filename) || /<(?:html|body|p|div|table)\b/i.test(start.toString('latin1'))) {
      return extractHtml(source);
    }
    return /\.txt$/i.test(source.filename) ? extractTxt(source) : undefined;
  } catch (error) {
    // What cannot be read of one part does not make the rest of the document unreadable.
    if (error instanceof IngestionFailure && error.code !== 'TOO_LARGE') return undefined;
    throw error;
  }
}

function blocksOf({ text, blocks }: ExtractedDocument): readonly DocxBlock[] {
  return blocks.map(({ kind, start, end, headingPath }) => ({
    kind: kind === 'record' ? 'paragraph' : kind,
    text: text.slice(start, end),
    page: 1,
    ...(kind === 'heading' && { level: headingPath.length + 1 }),
  }));
}
