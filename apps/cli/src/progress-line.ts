import type { IngestionTally } from './ingestion-tally';
import { displayWidth, printable, shortenMiddle } from './text-layout';

/** The progress of an ingestion as one line. Pure: what is shown follows from the numbers, the width and the time. */
export interface ProgressSnapshot {
  readonly tally: IngestionTally;
  readonly elapsedMs: number;
  readonly columns: number;
  /** Shown instead of the current file, such as a wait for the server. */
  readonly note?: string | undefined;
}

const MAX_BAR = 24;
const MIN_BAR = 8;
/** The bar gives way before the file's name is shorter than this. */
const MIN_NAME = 12;

/** For a terminal; never wider than `columns` - 1, since a full line wraps on some. */
export function renderProgressLine({ tally, elapsedMs, columns, note }: ProgressSnapshot): string {
  const width = Math.max(10, columns - 1);
  const done = `${tally.done}/${tally.total}`;
  const figures = `${formatMegabytes(tally.uploadedBytes)} MB  ${tally.chunks} chunks`;
  const speed = `${formatRate(tally, elapsedMs)}  ETA ${formatEta(tally.fraction, elapsedMs)}`;
  const name = printable(note ?? tally.currentFile);

  // From everything to the bare count: the first that leaves enough space for the name is taken.
  for (const barWidth of [MAX_BAR, MIN_BAR]) {
    const start = `${done} ${renderBar(tally.fraction, barWidth)} ${figures}`;
    const nameWidth = width - displayWidth(start) - displayWidth(speed) - 4;
    if (nameWidth >= MIN_NAME) return `${start}  ${shortenMiddle(name, nameWidth)}  ${speed}`;
  }
  const short = `${done} ${renderBar(tally.fraction, MIN_BAR)} ETA ${formatEta(tally.fraction, elapsedMs)}`;
  return displayWidth(short) <= width ? short : done.slice(0, width);
}

/** For a log: the same figures without the drawing. */
export function renderPlainProgress({ tally, elapsedMs, note }: Omit<ProgressSnapshot, 'columns'>): string {
  const percent = Math.floor(tally.fraction * 100);
  const parts = [
    `${tally.done}/${tally.total} (${percent} %)`,
    `${formatMegabytes(tally.uploadedBytes)} MB`,
    `${tally.chunks} chunks`,
    formatRate(tally, elapsedMs),
    `ETA ${formatEta(tally.fraction, elapsedMs)}`,
    ...(note === undefined ? [] : [note]),
  ];
  return printable(parts.join(', '));
}

export function renderBar(fraction: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return `[${'█'.repeat(full)}${'░'.repeat(width - full)}]`;
}

/** Decimal megabytes, with as many decimals as say something. */
export function formatMegabytes(bytes: number): string {
  const megabytes = bytes / 1e6;
  return megabytes.toFixed(megabytes >= 100 ? 0 : megabytes >= 1 ? 1 : 2);
}

function formatRate(tally: IngestionTally, elapsedMs: number): string {
  const perSecond = elapsedMs > 0 ? (tally.done * 1_000) / elapsedMs : 0;
  return `${perSecond.toFixed(perSecond >= 10 ? 0 : 1)} files/s`;
}

/** `m:ss`, or `–:––` while too little is done to tell. */
export function formatEta(fraction: number, elapsedMs: number): string {
  if (fraction >= 1) return '0:00';
  if (fraction < 0.005 || elapsedMs < 1_000) return '–:––';
  return formatDuration((elapsedMs * (1 - fraction)) / fraction);
}

export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  const minutes = Math.floor(seconds / 60);
  const rest = String(seconds % 60).padStart(2, '0');
  return minutes < 60
    ? `${minutes}:${rest}`
    : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}
