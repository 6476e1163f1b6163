import { IngestionFailure } from '@vectorlane/errors';
import type { ZipArchive } from '../container/zip-archive';
import { PROPERTIES_LIMIT, readRelationships, type Relationship } from '../ooxml/relationships';

/** Which part of the archive is what. */
export interface DocxParts {
  readonly document: string;
  readonly styles?: string;
  readonly numbering?: string;
  readonly footnotes?: string;
  readonly endnotes?: string;
  /** Documents of other formats inside, by the ids of their relationships. */
  readonly embedded: ReadonlyMap<string, string>;
  /** What the document points to. */
  readonly related: readonly Relationship[];
}

const MEBIBYTE = 1024 * 1024;
/** Bytes that a part may unpack to. Text that fills the first takes about ten seconds to read. */
export const PART_LIMITS = {
  document: 256 * MEBIBYTE,
  notes: 64 * MEBIBYTE,
  properties: PROPERTIES_LIMIT,
} as const;

const USUAL_DOCUMENT = 'word/document.xml';

/** @throws IngestionFailure `CORRUPT_FILE` when no part is the document */
export async function locateParts(archive: ZipArchive, signal: AbortSignal): Promise<DocxParts> {
  const root = await readRelationships(archive, '', signal);
  const found = root.find(({ kind }) => kind === 'officeDocument')?.target ?? USUAL_DOCUMENT;
  const document = archive.has(found) ? found : USUAL_DOCUMENT;
  if (!archive.has(document)) throw notWord();
  const related = await readRelationships(archive, document, signal);
  const named = (type: 'styles' | 'numbering' | 'footnotes' | 'endnotes'): Partial<DocxParts> => {
    const name = related.find(({ kind }) => kind === type)?.target ?? `word/${type}.xml`;
    return archive.has(name) ? { [type]: name } : {};
  };
  const chunks = related.filter(({ kind }) => kind === 'aFChunk');
  const embedded = new Map(chunks.map(({ id, target }) => [id, target]));
  const notes = { ...named('footnotes'), ...named('endnotes') };
  return { document, embedded, related, ...named('styles'), ...named('numbering'), ...notes };
}

export function notWord(): IngestionFailure {
  return new IngestionFailure(
    'CORRUPT_FILE',
    'There is no Word document in this file. Open it in a word processor, save it as DOCX and upload that.',
  );
}
