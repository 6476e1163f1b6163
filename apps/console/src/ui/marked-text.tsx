import type { JSX } from 'preact';
import { piecesOf, type Span } from './spans';

/** A text of any language with its marks. */
export function MarkedText({ text, spans }: { text: string; spans: readonly Span[] }): JSX.Element {
  return (
    <>
      {piecesOf(text, spans).map((piece, index) =>
        piece.isMarked ? <mark key={index}>{piece.text}</mark> : <span key={index}>{piece.text}</span>,
      )}
    </>
  );
}
