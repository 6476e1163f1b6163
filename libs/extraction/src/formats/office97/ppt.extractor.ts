import { IngestionFailure } from '@vectorlane/errors';
import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../../text-extractor';
import { notInCompoundFile, openCompoundFile, readingCompoundFile } from '../container/compound-file';
import { passwordProtected } from '../container/zip-archive';
import { first, PersistDirectory, PPT, type PptRecord, within } from './ppt-records';
import { outlineOf, type SlideText, TEXT_KIND, textsOfSlide } from './ppt-shapes';

/** Presentations of PowerPoint 97 to 2003: the text of each slide with its title, then its notes. */
export class PptExtractor implements TextExtractor {
  readonly format = 'ppt';
  readonly lane = 'heavy';
  readonly extensions = ['ppt', 'pps', 'pot'];
  readonly mediaTypes = ['application/vnd.ms-powerpoint'];

  extract({ bytes }: ExtractionSource): Promise<ExtractedDocument> {
    if (bytes.length === 0) return Promise.resolve({ text: '', blocks: [] });
    return readingCompoundFile(`This presentation is damaged. ${ADVICE}`, () => readPresentation(bytes));
  }
}

const ADVICE = 'Open it in PowerPoint, save it as PPTX and upload that.';

const ENCRYPTED = 0xf3d1c4df;
const MAX_SLIDES = 5_000;
const MAX_TITLE_LENGTH = 300;
const SLIDES = 0;
const NOTES = 2;
/** In their place another program stands: a version from before PowerPoint 97. */
const OLD_STREAMS = ['PP40', 'PP97_DUALSTORAGE'];

function readPresentation(bytes: Uint8Array): ExtractedDocument {
  const stream = openCompoundFile(bytes);
  const [user, records] = [stream('Current User'), stream('PowerPoint Document')];
  if (stream('EncryptedSummary') !== undefined || user?.readUInt32LE(12) === ENCRYPTED) throw passwordProtected();
  if (user === undefined || records === undefined) {
    const isOld = OLD_STREAMS.some((name) => stream(name) !== undefined);
    const found = isOld ? 'This presentation is older than PowerPoint 97.' : 'There is no presentation in this file.';
    throw notInCompoundFile(bytes, found, ADVICE);
  }
  const directory = new PersistDirectory(records, user.readUInt32LE(16));
  const document = directory.get(directory.document);
  if (document === undefined || document.type !== PPT.document) throw new Error('there is no list of slides');
  const slides = listOf(document.body, SLIDES);
  if (slides.length > MAX_SLIDES) {
    throw new IngestionFailure('TOO_LARGE', `This presentation has more than ${MAX_SLIDES} slides.`);
  }
  const notes = new Map(listOf(document.body, NOTES).map((one) => [one.id, one]));
  const assembly = new TextAssembly();
  for (const [index, { persistId, texts }] of slides.entries()) {
    const slide = directory.get(persistId);
    if (slide === undefined || slide.type !== PPT.slide) continue;
    const own = notes.get(first(slide.body, PPT.slideAtom)?.body.readUInt32LE(16) ?? 0);
    const page = own === undefined ? undefined : directory.get(own.persistId);
    const said = page === undefined ? [] : textsOfSlide(page.body, outlineOf(own?.texts ?? []));
    addSlide(assembly, index + 1, [
      ...textsOfSlide(slide.body, outlineOf(texts)),
      ...said.filter(({ kind }) => kind === TEXT_KIND.notes).map((one) => ({ ...one, kind: OF_NOTES })),
    ]);
  }
  return { ...assembly.finish(), coverage: { pages: slides.length, pagesWithoutText: [], notes: [] } };
}

interface ListedSlide {
  readonly id: number;
  readonly persistId: number;
  /** Records of its outline. */
  readonly texts: readonly PptRecord[];
}

function listOf(document: Buffer, kind: number): readonly ListedSlide[] {
  const found: { id: number; persistId: number; texts: PptRecord[] }[] = [];
  for (const { type, instance, body } of within(document)) {
    if (type !== PPT.slideList || instance !== kind) continue;
    for (const record of within(body)) {
      if (record.type !== PPT.slidePersist) found.at(-1)?.texts.push(record);
      else found.push({ id: record.body.readUInt32LE(12), persistId: record.body.readUInt32LE(0), texts: [] });
    }
  }
  return found;
}

const TITLES: ReadonlySet<number> = new Set([TEXT_KIND.title, TEXT_KIND.centredTitle]);
const LISTS: ReadonlySet<number> = new Set([TEXT_KIND.body, TEXT_KIND.half, TEXT_KIND.quarter]);
const OF_NOTES = -1;

function addSlide(assembly: TextAssembly, slide: number, texts: readonly SlideText[]): void {
  const title = texts.find(({ kind, text }) => TITLES.has(kind) && text.trim() !== '');
  const line = (title?.text ?? '').replace(/\s+/g, ' ').trim();
  const isTitle = line !== '' && line.length <= MAX_TITLE_LENGTH;
  if (isTitle) assembly.add({ kind: 'heading', level: 1, text: line, slide });
  const headingPath = isTitle ? [line] : [];
  let before = '';
  for (const one of texts) {
    if (isTitle && one === title) continue;
    const kind = one.isRow === true ? 'row' : LISTS.has(one.kind) ? 'list-item' : 'paragraph';
    for (const paragraph of one.text.split('\r')) {
      const text = paragraph.replaceAll('\v', '\n').trim();
      if (text === '') continue;
      const separator = kind === before && kind !== 'paragraph' ? '\n' : '\n\n';
      assembly.add({ kind, text: kind === 'list-item' ? `- ${text}` : text, separator, headingPath, slide });
      before = kind;
    }
  }
}
