import { IngestionFailure } from '@vectorlane/errors';
import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../../text-extractor';
import { refuseCompoundFile } from '../container/compound-file';
import { visitXml } from '../container/xml-reader';
import { ZipArchive } from '../container/zip-archive';
import { readGraphic } from '../ooxml/charts';
import { readRelationships } from '../ooxml/relationships';
import { SlideReader, SlideOrder } from './slide-reader';

/** PowerPoint presentations (OOXML): the text of each slide with its title, then its notes. A page is a slide. */
export class PptxExtractor implements TextExtractor {
  readonly format = 'pptx';
  readonly lane = 'heavy';
  readonly extensions = ['pptx', 'pptm', 'ppsx', 'potx'];
  readonly mediaTypes = [
    'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    'application/vnd.openxmlformats-officedocument.presentationml.slideshow',
    'application/vnd.openxmlformats-officedocument.presentationml.template',
  ];

  extract(source: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
    return extractPptx(source, signal);
  }
}

const PART_LIMIT = 64 * 1024 * 1024;
const MAX_SLIDES = 5_000;

/** @throws IngestionFailure `CORRUPT_FILE`, `PASSWORD_PROTECTED`, `TOO_LARGE`; the signal's reason */
export async function extractPptx({ bytes }: ExtractionSource, signal: AbortSignal): Promise<ExtractedDocument> {
  if (bytes.length === 0) return { text: '', blocks: [] };
  refuseCompoundFile(bytes);
  const archive = ZipArchive.open(bytes);
  const assembly = new TextAssembly();
  const damaged: string[] = [];
  const slides = await slidesOf(archive, signal);
  for (const [index, slide] of slides.entries()) {
    const reader = new SlideReader(assembly, index + 1);
    await visitXml(archive.read(slide, PART_LIMIT, signal), slide, reader);
    const related = await readRelationships(archive, slide, signal);
    for (const one of related) reader.graphic(await readGraphic(archive, one, damaged, signal));
    reader.finish();
    const notes = related.find(({ kind }) => kind === 'notesSlide')?.target;
    if (notes !== undefined && archive.has(notes)) {
      const noteReader = reader.notes();
      await visitXml(archive.read(notes, PART_LIMIT, signal), notes, noteReader);
      noteReader.finish();
    }
  }
  return { ...assembly.finish(), coverage: { pages: slides.length, pagesWithoutText: [], notes: damaged } };
}

/** Names of the slides' parts, in the order they are shown. */
async function slidesOf(archive: ZipArchive, signal: AbortSignal): Promise<readonly string[]> {
  const root = await readRelationships(archive, '', signal);
  const main = root.find(({ kind }) => kind === 'officeDocument')?.target ?? 'ppt/presentation.xml';
  if (!archive.has(main)) throw notPresentation();
  const order = new SlideOrder();
  await visitXml(archive.read(main, PART_LIMIT, signal), main, order);
  if (!order.isPresentation) throw notPresentation();
  const targets = new Map((await readRelationships(archive, main, signal)).map(({ id, target }) => [id, target]));
  const slides = order.ids.map((id) => targets.get(id)).filter((name) => name !== undefined && archive.has(name));
  if (slides.length > MAX_SLIDES) {
    throw new IngestionFailure('TOO_LARGE', `This presentation has more than ${MAX_SLIDES} slides.`);
  }
  return slides.filter((name) => name !== undefined);
}

function notPresentation(): IngestionFailure {
  return new IngestionFailure(
    'CORRUPT_FILE',
    'There is no presentation in this file. Open it in a presentation program, save it as PPTX and upload that.',
  );
}
