import { type Coverage, coverageNote } from '@vectorlane/domain';
import { IngestionFailure, Problem } from '@vectorlane/errors';
import { detectFormat } from '../detect/format-detection';
import type { TextAssembly } from '../text-assembly';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../text-extractor';

/** How many documents may lie within one another. */
const MAX_DEPTH = 3;
const MAX_NOTES = 50;
const MAX_FILES = 1_000;
/** What all files inside of one may be together. */
const MAX_BYTES = 256 * 1024 * 1024;

/** A file found inside of another. */
export interface FileInside {
  readonly name: string;
  readonly mediaType?: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads files that are inside of others (attachments of mail), each by its own format, and appends them to the text.
 * What cannot be read is named in the notes of the coverage and does not make the rest unreadable.
 */
export class FilesInside {
  /** @param extractors asked for on use, as the list of all formats holds those that need it */
  constructor(private readonly extractors: () => ReadonlyMap<string, TextExtractor>) {}

  /**
   * @param titles headings that the text of the files stands under; their own names come last
   * @returns notes of what could not be read
   * @throws IngestionFailure `TOO_LARGE`; the signal's reason when it is aborted
   */
  async append(
    files: readonly FileInside[],
    { assembly, titles, source }: { assembly: TextAssembly; titles: readonly string[]; source: ExtractionSource },
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const notes: string[] = [];
    const depth = (source.depth ?? 0) + 1;
    let read = 0;
    for (const [index, file] of files.entries()) {
      signal.throwIfAborted();
      read += file.bytes.byteLength;
      const isWithin = depth <= MAX_DEPTH && index < MAX_FILES && read <= MAX_BYTES;
      const document = isWithin ? await this.read(file, { ...source, depth }, signal) : undefined;
      if (document === undefined) notes.push(coverageNote('FILE_INSIDE_NOT_READ', file.name));
      else {
        assembly.add({ kind: 'heading', text: file.name, headingPath: titles });
        appendDocument(assembly, document, [...titles, file.name]);
        notes.push(...(document.coverage?.notes ?? []));
      }
    }
    return notes.slice(0, MAX_NOTES);
  }

  private async read(
    file: FileInside,
    { depth = 0, options }: ExtractionSource,
    signal: AbortSignal,
  ): Promise<ExtractedDocument | undefined> {
    const { name: filename, bytes } = file;
    try {
      const evidence = { head: bytes.subarray(0, 64 * 1024), filename };
      const declared = file.mediaType === undefined ? {} : { declaredMediaType: file.mediaType };
      const { format } = detectFormat({ ...evidence, ...declared }, this.extractors());
      const document = await this.extractors()
        .get(format)
        ?.extract({ bytes, filename, depth, ...(options && { options }) }, signal);
      return document === undefined || document.blocks.length === 0 ? undefined : document;
    } catch (error) {
      if (error instanceof Problem) return undefined;
      if (error instanceof IngestionFailure && error.code !== 'TOO_LARGE') return undefined;
      throw error;
    }
  }
}

/** The blocks of one document, as part of another: under these titles, without the places they had in their own. */
export function appendDocument(
  assembly: TextAssembly,
  { text, blocks }: ExtractedDocument,
  titles: readonly string[],
  place: { readonly page?: number } = {},
): void {
  let before: number | undefined;
  for (const { kind, start, end, headingPath } of blocks) {
    const gap = before === undefined ? '' : text.slice(before, start);
    const isTight = before !== undefined && gap.split('\n').length === 2;
    assembly.add({
      kind,
      text: text.slice(start, end),
      separator: isTight ? '\n' : '\n\n',
      indent: isTight ? gap.length - 1 : 0,
      headingPath: [...titles, ...headingPath],
      ...place,
    });
    before = end;
  }
}

/** Nothing when there is nothing to note. */
export function coverageOf(notes: readonly string[]): { readonly coverage?: Coverage } {
  return notes.length === 0 ? {} : { coverage: { pages: null, pagesWithoutText: [], notes: [...notes] } };
}
