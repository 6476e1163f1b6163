/**
 * Where the letters of a passage stand among those of a page. The two are in different orders where a page has columns
 * or tables, and either may hold more than the other: a passage goes on over pages, a page has a head and a foot. So
 * the longest runs of letters that both have are taken one after the other, each letter of the passage once.
 */

export interface Run {
  /** Among the letters of the page; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}

interface Tile extends Run {
  /** Among the letters of the passage. */
  readonly from: number;
}

/** Shorter runs are chance. */
const LEAST = 8;
/** A run of this length is no chance; shorter ones count beside one alone. */
const SURE = 24;
/** Letters between two runs that are marked with them, or within which a short run is beside a sure one. */
const GAP = 40;
/** Of a passage that says the same again and again. */
const MOST_STARTS = 16;

/**
 * @param passage letters as `lettersOf` gives them
 * @param page the same
 */
export function runsOf(passage: string, page: string): readonly Run[] {
  const tiles = withoutChance(withoutRepeats(tilesOf(passage, page), passage.length), passage.length);
  const runs: { start: number; end: number }[] = [];
  let to = 0;
  for (const { start, end, from } of tiles) {
    const last = runs.at(-1);
    const goesOn = last !== undefined && start - last.end <= GAP && from >= to && from - to <= GAP;
    if (goesOn) last.end = end;
    else runs.push({ start, end });
    to = from + end - start;
  }
  return runs;
}

/** The letters and digits of a text: all that the ways of writing it down leave the same. */
export function lettersOf(text: string): string {
  return text.normalize('NFKD').toLowerCase().replace(/[^\p{L}\p{N}]/gu, ''); // prettier-ignore
}

/** Every place of the page is compared with the passage a few times at most, whatever the two hold. */
function tilesOf(passage: string, page: string): readonly Tile[] {
  const least = Math.min(LEAST, passage.length);
  if (least === 0) return [];
  const starts = new Map<string, number[]>();
  for (let from = 0; from + least <= passage.length; from += 1) {
    const key = passage.slice(from, from + least);
    const known = starts.get(key);
    if (known === undefined) starts.set(key, [from]);
    else if (known.length < MOST_STARTS) known.push(from);
  }
  const tiles: Tile[] = [];
  for (let start = 0; start + least <= page.length;) {
    let best: Tile | undefined;
    for (const from of starts.get(page.slice(start, start + least)) ?? []) {
      let length = least;
      const most = Math.min(passage.length - from, page.length - start);
      while (length < most && passage[from + length] === page[start + length]) length += 1;
      if (best === undefined || length > best.end - best.start) best = { start, end: start + length, from };
    }
    if (best !== undefined) tiles.push(best);
    start = best?.end ?? start + 1;
  }
  return tiles;
}

/** Of runs that say the same part of the passage, the longest. */
function withoutRepeats(tiles: readonly Tile[], length: number): readonly Tile[] {
  const taken = new Uint8Array(length);
  return tiles
    .toSorted((one, other) => other.end - other.start - (one.end - one.start))
    .filter(({ start, end, from }) => {
      const part = taken.subarray(from, from + end - start);
      const free = part.reduce((sum, isTaken) => sum + 1 - isTaken, 0);
      if (free * 2 <= part.length) return false;
      part.fill(1);
      return true;
    })
    .toSorted((one, other) => one.start - other.start);
}

/** Without short runs far from any sure one; where none is sure, as in a table of numbers, all that there are. */
function withoutChance(tiles: readonly Tile[], length: number): readonly Tile[] {
  const isSure = ({ start, end }: Tile): boolean => end - start >= Math.min(SURE, length);
  if (!tiles.some(isSure)) return tiles;
  const kept = new Set<Tile>();
  const keepNear = (ordered: readonly Tile[], between: (before: Tile, tile: Tile) => number): void => {
    let before: Tile | undefined;
    for (const tile of ordered) {
      if (isSure(tile) || kept.has(tile) || (before !== undefined && between(before, tile) <= GAP)) {
        kept.add(tile);
        before = tile;
      }
    }
  };
  keepNear(tiles, (before, tile) => tile.start - before.end);
  keepNear(tiles.toReversed(), (after, tile) => after.start - tile.end);
  return tiles.filter((tile) => kept.has(tile));
}
