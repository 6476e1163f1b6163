import type { RecognisedPage, RecognisedWord } from '../../ai-worker/recognised-pages';
import { RIGHT_TO_LEFT } from './pdf-direction';
import type { PageRuns, Run } from './pdf-runs';

/** Words that were recognised on the picture of a page, as the layout takes them. */

/** Boxes end where the letters do; a font's size is what they stand in. */
const SIZE_OF_LETTERS = 1.25;
/** Heights of lines that differ by less differ by their letters alone. */
const SAME_SIZE = 1.35;

export function recognisedRuns({ words, height }: RecognisedPage): PageRuns {
  const lines = new Map<number, RecognisedWord[]>();
  for (const word of words) {
    if (word.text.trim() === '' || word.x1 <= word.x0 || word.y1 <= word.y0) continue;
    const line = lines.get(word.line);
    if (line === undefined) lines.set(word.line, [word]);
    else line.push(word);
  }
  const usual = median([...lines.values()].flat().map((word) => word.y1 - word.y0));
  const across = [...lines.values()].flatMap((line) => runsOf(line, usual));
  return { directions: [across, [], [], []], height };
}

function runsOf(line: readonly RecognisedWord[], usual: number): Run[] {
  const own = median(line.map((word) => word.y1 - word.y0));
  const height = own <= usual * SAME_SIZE && usual <= own * SAME_SIZE ? usual : own;
  const size = height * SIZE_OF_LETTERS;
  // Most letters stand on the base line; a few reach below.
  const y = median(line.map((word) => word.y1));
  return line.map(({ text, x0, x1 }) => ({
    text: text.trim(),
    x0,
    x1,
    y,
    size,
    rightToLeft: RIGHT_TO_LEFT.test(text),
    spaced: true,
    font: '',
  }));
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
