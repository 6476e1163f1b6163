/**
 * A table of Markdown.
 * @param {string[][]} rows the first one has the names of the columns
 */
export function table(rows) {
  const lines = rows.map((row) => `| ${row.join(' | ')} |`);
  lines.splice(1, 0, `|${rows[0].map(() => ' --- ').join('|')}|`);
  return lines.join('\n');
}
