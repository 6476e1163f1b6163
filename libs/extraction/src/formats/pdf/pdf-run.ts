import type { Tag } from './pdf-tags';

/** A piece of text in one font, as the file draws it. Lengths are in points of 1/72 inch, `y` grows downwards. */
export interface Run {
  readonly text: string;
  readonly x0: number;
  readonly x1: number;
  /** Of the base line. */
  readonly y: number;
  readonly size: number;
  readonly rightToLeft: boolean;
  /** White space stands before it. */
  readonly spaced: boolean;
  /** The same for the same font of a document; empty where it is not known. */
  readonly font: string;
  readonly tag?: Tag;
}
