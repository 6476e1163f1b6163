import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

export interface RowWindow {
  readonly from: number;
  readonly to: number;
}

/** Rows beyond each edge of the screen that are there already, so that fast scrolling finds no gaps. */
const BEYOND = 12;

/** Which rows of equal height are on the screen: ten thousand cost no more than fifty. */
export function useRowWindow(list: RefObject<HTMLElement | null>, rows: number, rowHeight: number): RowWindow {
  const [shown, setShown] = useState<RowWindow>({ from: 0, to: 50 });
  useEffect(() => {
    const measure = (): void => {
      if (list.current === null) return;
      const above = -list.current.getBoundingClientRect().top;
      const from = Math.max(0, Math.floor(above / rowHeight) - BEYOND);
      const to = Math.min(rows, Math.ceil((above + window.innerHeight) / rowHeight) + BEYOND);
      setShown((before) => (before.from === from && before.to === to ? before : { from, to: Math.max(from, to) }));
    };
    measure();
    window.addEventListener('scroll', measure, { passive: true });
    window.addEventListener('resize', measure);
    return () => {
      window.removeEventListener('scroll', measure);
      window.removeEventListener('resize', measure);
    };
  }, [rows, rowHeight]);
  return shown;
}
