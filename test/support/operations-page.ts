import { read } from './compose-file';

/** What one section of docs/operations.md puts between backticks, or the whole text of it. */
export function operationsSection(title: string): { readonly text: string; readonly names: ReadonlySet<string> } {
  const text = read('docs/operations.md')
    .split(/^## /m)
    .find((section) => section.startsWith(`${title}\n`));
  if (text === undefined) throw new Error(`docs/operations.md has no section ${title}`);
  const names = new Set([...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
  return { text, names };
}
