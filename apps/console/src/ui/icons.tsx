import type { JSX } from 'preact';

/** Drawn on a grid of 20, one weight of line. All of them stand beside words, or in a button that has a name. */
const PATHS = {
  ask: 'M9 15a6 6 0 1 0 0-12 6 6 0 0 0 0 12Zm4.5-1.5L17 17',
  documents: 'M5 2.5h6.5L15.5 6.5v11H5zM11 2.5v4.5h4.5M7.5 10.5h5M7.5 13.5h5',
  live: 'M2.5 10.5h3.2L8 4l4 12 2.3-5.5h3.2',
  collections: 'M3 6.5h14v10H3zM5 3.5h10',
  keys: 'M7 16.5a3.5 3.5 0 1 1 3-5.3l7-7M13.5 7l2.5 2.5',
  start: 'M4 5.5l4.5 4.5L4 14.5M10.5 15H16',
  upload: 'M10 13V3.5M6 7l4-4 4 4M3.5 12.5v4h13v-4',
  download: 'M10 3.5V13M6 9.5l4 4 4-4M3.5 13v3.5h13V13',
  trash: 'M3.5 5.5h13M8 5.5v-2h4v2M5 5.5l.8 11.5h8.4L15 5.5M8.5 8.5v5.5M11.5 8.5v5.5',
  retry: 'M16.5 4v4h-4M16 8a6.5 6.5 0 1 0 .3 3.5',
  copy: 'M7 7h9.5v9.5H7zM4 13H3.5V3.5H13V4',
  check: 'M4 10.5l4 4 8-9',
  close: 'M5 5l10 10M15 5L5 15',
  plus: 'M10 4v12M4 10h12',
  warn: 'M10 3l7.5 13.5h-15zM10 8v4M10 14.2v.1',
  chevron: 'M7.5 5l5 5-5 5',
  leave: 'M8 3.5H3.5v13H8M12.5 6.5L16 10l-3.5 3.5M7.5 10H16',
  webhooks: 'M3 10h9M8.5 6l4 4-4 4M16.5 4v12',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Wordmark(): JSX.Element {
  return (
    <span class="wordmark">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="7" class="mark-back" />
        <path d="M8 9l8 14 8-14" class="mark-line" />
        <path d="M13.5 9h5" class="mark-dot" />
      </svg>
      Vectorlane
    </span>
  );
}
