import { read } from './compose-file';

interface Section {
  readonly text: string;
  /** What stands between backticks. */
  readonly names: ReadonlySet<string>;
}

/** One section of docs/operations.md, its subsections included. */
export function operationsSection(title: string): Section {
  return sectionOf('docs/operations.md', title);
}

/** One section of docs/evidence.md, its subsections included. */
export function evidenceSection(title: string): Section {
  return sectionOf('docs/evidence.md', title);
}

function sectionOf(page: string, title: string): Section {
  const text = read(page)
    .split(/^## /m)
    .find((section) => section.startsWith(`${title}\n`));
  if (text === undefined) throw new Error(`${page} has no section ${title}`);
  const names = new Set([...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
  return { text, names };
}
