import { coverageNote } from '@vectorlane/domain';
import { IngestionFailure } from '@vectorlane/errors';
import { TextAssembly } from '../../text-assembly';
import type { ExtractedDocument, ExtractionSource, TextExtractor } from '../../text-extractor';
import { notInCompoundFile, openCompoundFile, readingCompoundFile } from '../container/compound-file';
import { passwordProtected } from '../container/zip-archive';
import { type Parts, partsOf } from './ppt-directory';
import { footersOf } from './ppt-footers';
import { first, PPT, type PptRecord, within } from './ppt-records';
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

/** In the place of the stream's own mark: its parts are encrypted. */
const ENCRYPTED = 0xf3d1c4df;
const MAX_SLIDES = 5_000;
const MAX_TITLE_LENGTH = 300;
const SLIDES = 0;
const NOTES = 2;
const RECORDS = 'PowerPoint Document';
/** Holds what PowerPoint 97 reads, where the streams of the root are for PowerPoint 95. */
const BESIDE_95 = 'PP97_DUALSTORAGE';
/** In its place another program stands: a version from before PowerPoint 97. */
const OLD_STREAM = 'PP40';
/** How the presentation of PowerPoint 95 begins. */
const OF_95 = Buffer.from('03000000ffff0000', 'hex');

/** @throws IngestionFailure `PASSWORD_PROTECTED`, `CORRUPT_FILE`; Error that says what is broken */
function openPresentation(bytes: Uint8Array): Parts {
  const stream = openCompoundFile(bytes);
  const storage = stream(RECORDS, BESIDE_95) === undefined ? undefined : BESIDE_95;
  const records = stream(RECORDS, storage);
  const user = latestEdit(stream('Current User', storage));
  if (stream('EncryptedSummary') !== undefined || user?.mark === ENCRYPTED) throw passwordProtected();
  const isOld = stream(OLD_STREAM) !== undefined || records?.subarray(0, OF_95.length).equals(OF_95) === true;
  if (isOld || records === undefined) {
    const found = isOld ? 'This presentation is older than PowerPoint 97.' : 'There is no presentation in this file.';
    throw notInCompoundFile(bytes, found, ADVICE);
  }
  const parts = partsOf(records, user?.place);
  if (parts.directory.isEncrypted) throw passwordProtected();
  return parts;
}

const USER_BYTES = 20;

/** What the stream beside the presentation says of it; nothing, where it is not what it should be. */
function latestEdit(stream: Buffer | undefined): { mark: number; place: number } | undefined {
  if (stream === undefined || stream.length < USER_BYTES || stream.readUInt16LE(2) !== PPT.currentUser)
    return undefined;
  return { mark: stream.readUInt32LE(12), place: stream.readUInt32LE(16) };
}

function readPresentation(bytes: Uint8Array): ExtractedDocument {
  const { directory, isOutdated } = openPresentation(bytes);
  const list = directory.document?.body ?? Buffer.alloc(0);
  const slides = listOf(list, SLIDES);
  if (slides.length > MAX_SLIDES) {
    throw new IngestionFailure('TOO_LARGE', `This presentation has more than ${MAX_SLIDES} slides.`);
  }
  const notes = new Map(listOf(list, NOTES).map((one) => [one.id, one]));
  const assembly = new TextAssembly();
  let isDamaged = isOutdated;
  for (const [index, { persistId, texts }] of slides.entries()) {
    const slide = directory.get(persistId, PPT.slide);
    if (slide === undefined) {
      isDamaged = true;
      continue;
    }
    const own = notes.get(first(slide.body, PPT.slideAtom)?.body.readUInt32LE(16) ?? 0);
    const page = own === undefined ? undefined : directory.get(own.persistId, PPT.notes);
    const said = page === undefined ? [] : textsOfSlide(page.body, outlineOf(own?.texts ?? []));
    const shown = textsOfSlide(slide.body, outlineOf(texts));
    // Newer programs write footers into the slide as well.
    const footers = footersOf(slide.body, list).filter((footer) => !shown.some(({ text }) => text.trim() === footer));
    addSlide(assembly, index + 1, [
      ...shown,
      ...footers.map((text) => ({ kind: TEXT_KIND.other, text })),
      ...said.filter(({ kind }) => kind === TEXT_KIND.notes).map((one) => ({ ...one, kind: OF_NOTES })),
    ]);
  }
  const coverage = isDamaged ? [coverageNote('DAMAGED_PAGES')] : [];
  return { ...assembly.finish(), coverage: { pages: slides.length, pagesWithoutText: [], notes: coverage } };
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
