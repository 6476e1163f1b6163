/** What is wanted of a page of a document whose pages can be painted. */
export interface PageWish {
  /** From 1. */
  readonly number: number;
  /** Text that stands on it, wholly or in part: where is asked for. */
  readonly passage?: string;
}

/** A part of a page: fractions of its width and height, from its upper left corner. */
export interface PageBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PageView {
  /** Pages of the document. */
  readonly pages: number;
  /** Of the page as it is shown, in points of 1/72 inch. */
  readonly width: number;
  readonly height: number;
  /** Of the passage, line by line; none where its letters are not in the page, as on one that was scanned. */
  readonly boxes: readonly PageBox[];
  /** The page as PNG; empty where a passage was asked for. */
  readonly picture: Uint8Array;
}

/** Of which formats pages are painted. */
export const PAINTED_FORMATS: ReadonlySet<string> = new Set(['pdf']);
