import { z } from 'zod';
import { HEADING_SEPARATOR } from './vocabulary';

/**
 * Where in its document a text stands: of a block as its extractor found it, of a chunk in the database (`place jsonb`)
 * and in every answer. A new kind of position is one line here and the extractor that fills it.
 */

const ordinal = (description: string) => z.int().min(1).exactOptional().meta({ description });
const name = (description: string) => z.string().min(1).exactOptional().meta({ description });

const Ordinals = z.object({
  page: ordinal('1-based, where the format has pages.'),
  slide: ordinal('1-based, where the format has slides.'),
  row: ordinal('1-based data row (a header is not counted), where the format has rows.'),
});
const Names = z.object({
  sheet: name('Name of the sheet, where the format has sheets.'),
  jsonPath: name("RFC 9535 normalised path of the value, as in `$['a'][0]`, where the format has one."),
});

/** What an extractor says of a block; whatever its format does not have is left out. */
export const Position = Ordinals.extend(Names.shape);
export type Position = z.infer<typeof Position>;

/** Kinds of positions by the type of their values, for codecs that handle any of them. */
export const ORDINAL_POSITIONS = Ordinals.keyof().options;
export const NAMED_POSITIONS = Names.keyof().options;

/** What a reader is told of a chunk. Parsing leaves out what another version of this program added. */
export const Place = Position.extend({
  heading: name('Titles of the headings above, outermost first, joined by ` > `.'),
});
export type Place = z.infer<typeof Place>;

/** The position alone, of anything that has one among its fields. */
export function positionOf(from: Readonly<Position>): Position {
  const position: Position = {};
  for (const key of ORDINAL_POSITIONS) {
    const value = from[key];
    if (value !== undefined) position[key] = value;
  }
  for (const key of NAMED_POSITIONS) {
    const value = from[key];
    if (value !== undefined) position[key] = value;
  }
  return position;
}

/** @param headingPath titles of the headings above, outermost first */
export function placeAt(position: Readonly<Position>, headingPath: readonly string[]): Place {
  const heading = headingPath.join(HEADING_SEPARATOR);
  return { ...positionOf(position), ...(heading !== '' && { heading }) };
}

/** For people: `page 3`, `Bees > Winter`; a name of its own needs no word before it. */
export function placeInWords(place: Place): string[] {
  const ordinals = ORDINAL_POSITIONS.flatMap((key) => (place[key] === undefined ? [] : [`${key} ${place[key]}`]));
  return [...ordinals, ...[...NAMED_POSITIONS, 'heading' as const].flatMap((key) => place[key] ?? [])];
}
