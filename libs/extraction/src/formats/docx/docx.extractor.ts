import { MAX_NOTES } from '@vectorlane/domain';
import { IngestionFailure } from '@vectorlane/errors';
import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument, ExtractionSource, ReadingOptions, TextExtractor } from '../../text-extractor';
import { ZipArchive } from '../container/zip-archive';
import { type DocxBlock, draftOf } from './docx-blocks';
import { coverageOf } from '../files-inside';
import { readEmbedded, readGraphics } from './docx-embedded';
import { refuseCompoundFile } from '../container/compound-file';
import type { DocxProperties } from './docx-flow';
import { DocxNoteReader } from './docx-note-reader';
import { DocxNotes } from './docx-notes';
import { DocxNumbering } from './docx-numbering';
import { PART_LIMITS, locateParts, notWord } from './docx-package';
import { DocxPages } from './docx-pages';
import { DocxStory } from './docx-story';
import { DocxStyles } from './docx-styles';
import type { Relationship } from '../ooxml/relationships';
import { type XmlVisitor, visitXml } from '../container/xml-reader';

/** Word documents (OOXML), as Word, LibreOffice, Google Docs and others write them: what a reader of the pages sees. */
export class DocxExtractor implements TextExtractor {
  readonly format = 'docx';
  readonly lane = 'heavy';
  readonly extensions = ['docx', 'docm', 'dotx', 'dotm'];
  readonly mediaTypes = [
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.template',
    'application/vnd.ms-word.document.macroenabled.12',
    'application/vnd.ms-word.template.macroenabled.12',
  ];

  extract(source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    return extractDocx(source, signal);
  }
}

/**
 * @param limits bytes that parts may unpack to
 * @param depth how many documents it lies within
 * @throws IngestionFailure `CORRUPT_FILE`, `PASSWORD_PROTECTED`, `EMPTY_CONTENT`, `NEEDS_OCR`, `TOO_LARGE`; the
 *   signal's
 *   reason when it is aborted
 */
export async function extractDocx(
  { bytes, options }: ExtractionSource,
  signal: AbortSignal,
  limits: Readonly<Record<keyof typeof PART_LIMITS, number>> = PART_LIMITS,
  depth = 0,
): Promise<ExtractedDocument> {
  signal.throwIfAborted();
  // As for every other format, a file of no bytes is not broken but empty.
  if (bytes.length === 0) return { text: '', blocks: [] };
  refuseCompoundFile(bytes);
  const archive = ZipArchive.open(bytes);
  const parts = await locateParts(archive, signal);
  const visit = async (part: string | undefined, limit: number, visitor: XmlVisitor): Promise<void> => {
    if (part !== undefined) await visitXml(archive.read(part, limit, signal), part, visitor);
  };

  const styles = new DocxStyles();
  const numbering = new DocxNumbering();
  await visit(parts.styles, limits.properties, styles);
  await visit(parts.numbering, limits.properties, numbering);
  const docx = (inner: ExtractionSource): Promise<ExtractedDocument> => extractDocx(inner, signal, limits, depth + 1);
  const embedded = await readEmbedded(archive, parts.embedded, depth < MAX_DEPTH ? { docx } : {}, signal);
  const graphics = await readGraphics(archive, parts.related, signal);
  const blocks = new Map([...embedded.blocks, ...graphics.blocks]);
  const read = async (properties: DocxProperties): Promise<{ story: DocxStory; document: ExtractedDocument }> => {
    // Before the text, which has them where it refers to them.
    const notes = new DocxNotes();
    numbering.restart();
    await visit(parts.footnotes, limits.notes, new DocxNoteReader(properties, notes, 'footnote'));
    await visit(parts.endnotes, limits.notes, new DocxNoteReader(properties, notes, 'endnote'));
    numbering.restart();
    const text = new DocxText();
    const pages = new DocxPages();
    const story = new DocxStory(properties, (block) => text.add(block), pages, notes, blocks);
    await visit(parts.document, limits.document, story);
    story.finish();
    for (const part of asidesOf(parts.related, options)) {
      const aside: DocxBlock[] = [];
      const asideStory = new DocxStory(properties, (block) => aside.push(block));
      await visit(part, limits.notes, asideStory);
      asideStory.finish();
      text.addAside(aside, pages.current);
    }
    return { story, document: text.finish(pages) };
  };

  const { story, document } = await read({ styles, numbering });
  if (!story.isDocument) throw notWord();
  // Only the end of the text shows that it should have been read otherwise.
  const again = story.isAllOutermost || story.isInCode;
  const properties = { styles, numbering, outlineFromOne: story.isAllOutermost, fieldsBroken: story.isInCode };
  const result = again ? (await read(properties)).document : document;
  if (result.blocks.length === 0) throw nothingToRead(story);
  return { ...result, ...coverageOf([...embedded.notes, ...graphics.notes].slice(0, MAX_NOTES)) };
}

/** Parts that stand beside the text, in the order in which they are read. */
function asidesOf(related: readonly Relationship[], options: ReadingOptions = {}): readonly string[] {
  const kinds = ASIDES[options.docxAsides ?? 'none'];
  return kinds.flatMap((kind) => related.filter((one) => one.kind === kind).map(({ target }) => target));
}

const ASIDES = { none: [], comments: ['comments'], all: ['header', 'footer', 'comments'] } as const;

/** Documents inside of documents, and no further. */
const MAX_DEPTH = 3;

/** Blocks to text. The page of each is kept aside, as only the end of the file tells whether it has pages. */
class DocxText {
  private readonly assembly = new TextAssembly();
  private readonly pageOfBlock: number[] = [];
  private before: DocxBlock['kind'] | undefined;
  private readonly asides = new Set<string>();

  /** @param block with something to see in it, so that it stays a block */
  add(block: DocxBlock): void {
    this.assembly.add(draftOf(block, this.before));
    this.pageOfBlock.push(block.page);
    this.before = block.kind;
  }

  /** What stands on many pages is given once, under no heading. */
  addAside(blocks: readonly DocxBlock[], page: number): void {
    const said = blocks.map(({ text }) => text).join('\n');
    if (this.asides.has(said)) return;
    this.asides.add(said);
    for (const block of blocks) {
      const kind = block.kind === 'heading' ? 'paragraph' : block.kind;
      this.add({ kind, text: block.text, page, headingPath: [], ...(block.first && { first: true }) });
    }
  }

  finish(pages: DocxPages): ExtractedDocument {
    return pages.applyTo(this.assembly.finish(), this.pageOfBlock);
  }
}

function nothingToRead(story: DocxStory): IngestionFailure {
  if (story.hasPicture) {
    return new IngestionFailure('NEEDS_OCR', 'This document holds pictures alone; reading text in pictures needs OCR.');
  }
  if (story.hasEmbedded) {
    return new IngestionFailure(
      'EMPTY_CONTENT',
      'All text of this document is in files embedded in it. Open it in a word processor, save it as DOCX and upload that.',
    );
  }
  return new IngestionFailure('EMPTY_CONTENT', 'There is no text in this document.');
}
