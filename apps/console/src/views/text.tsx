import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { requestText } from '../api/client';
import type { Document } from '../api/types';
import { MarkedText } from '../ui/marked-text';
import { Failed, Loading } from '../ui/parts';
import type { Span } from '../ui/spans';
import { blocksOf } from '../ui/text-blocks';
import { useServer } from '../ui/use-server';

/** Frames of the screen in which a passage must not move before it counts as shown, and how many are waited for. */
const STILL_FRAMES = 4;
const MOST_FRAMES = 40;

/** The extracted text, as passages count their places in it; the browser lays out what is on the screen alone. */
export function Text({ document, passage }: { document: Document; passage: Span | undefined }): JSX.Element {
  const { data, error, reload } = useServer(`${document.id} ${document.revision}`, (signal) =>
    requestText(`/api/documents/${document.id}/text`, { signal }),
  );
  const blocks = useMemo(() => blocksOf(data ?? ''), [data]);
  const first = useRef<HTMLDivElement>(null);
  const pane = useRef<HTMLElement>(null);
  const at = passage === undefined ? undefined : `${passage.start}-${passage.end}`;
  useEffect(() => {
    let frame = 0;
    /** @returns whether the pane had to be moved */
    const show = (): boolean => {
      const mark = first.current?.querySelector('mark');
      const area = pane.current;
      if (!mark || !area) return false;
      // The pane alone: the head of the page stays where it is.
      const below = mark.getBoundingClientRect().top - area.getBoundingClientRect().top;
      const before = area.scrollTop;
      area.scrollTop += below - area.clientHeight / 4;
      return Math.abs(area.scrollTop - before) >= 1;
    };
    // What comes into view gets its true height then, which moves the mark again: until it has stood still for a while.
    const settle = (still: number, left: number): void => {
      const now = show() ? 0 : still + 1;
      if (now < STILL_FRAMES && left > 0) frame = requestAnimationFrame(() => settle(now, left - 1));
    };
    settle(0, MOST_FRAMES);
    return () => cancelAnimationFrame(frame);
  }, [blocks, at]);
  return (
    <section ref={pane} class="pane" aria-label="Text" tabIndex={0}>
      <h2 class="pane-title">Text</h2>
      {error !== undefined && <Failed error={error} onRetry={reload} />}
      {error === undefined && data === undefined && <Loading lines={8} />}
      <div class="text">
        {blocks.map((block) => {
          const end = block.start + block.text.length;
          const isMarked = passage !== undefined && passage.start < end && passage.end > block.start;
          const isFirst = isMarked && passage.start >= block.start;
          return (
            <div key={block.start} class="text-block" dir="auto" ref={isFirst ? first : null}>
              {isMarked ? (
                <MarkedText
                  text={block.text}
                  spans={[{ start: Math.max(0, passage.start - block.start), end: passage.end - block.start }]}
                />
              ) : (
                block.text
              )}
            </div>
          );
        })}
      </div>
    </section>
  );
}
