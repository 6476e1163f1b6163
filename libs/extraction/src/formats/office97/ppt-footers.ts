import { first, PPT, within } from './ppt-records';

/** Of the settings for slides, not for notes and handouts. */
const OF_SLIDES = 3;
const USER_DATE = 0;
const FOOTER = 2;
const SHOWS_USER_DATE = 4;
const SHOWS_FOOTER = 0x20;
/** What a slide takes over of its master: footers are drawn there. */
const FLAGS_OFFSET = 20;
const SHOWS_MASTER = 1;

/**
 * What stands at the foot of a slide, by its own settings or by those for all of them: the words, and a date that
 * somebody wrote. Today's date and numbers are words of nobody.
 */
export function footersOf(slide: Buffer, document: Buffer): readonly string[] {
  const flags = first(slide, PPT.slideAtom)?.body;
  if (flags === undefined || flags.length < FLAGS_OFFSET + 2) return [];
  if ((flags.readUInt16LE(FLAGS_OFFSET) & SHOWS_MASTER) === 0) return [];
  const settings = first(slide, PPT.footers)?.body ?? ofAll(document);
  const shown = settings && first(settings, PPT.footersShown)?.body;
  if (settings === undefined || shown === undefined || shown.length < 4) return [];
  const shows = shown.readUInt16LE(2);
  const found: string[] = [];
  for (const { type, instance, body } of within(settings)) {
    if (type !== PPT.footerText) continue;
    const isShown =
      (instance === USER_DATE && (shows & SHOWS_USER_DATE) !== 0) ||
      (instance === FOOTER && (shows & SHOWS_FOOTER) !== 0);
    if (isShown) found.push(body.toString('utf16le').trim());
  }
  return found;
}

function ofAll(document: Buffer): Buffer | undefined {
  for (const { type, instance, body } of within(document)) {
    if (type === PPT.footers && instance === OF_SLIDES) return body;
  }
  return undefined;
}
