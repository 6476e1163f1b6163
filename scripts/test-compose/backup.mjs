// `backup` and `restore` of the stack's database, from containers of the backend's image as docs/operations.md has
// them.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './stack.mjs';

/** @param {import('./stack.mjs').Stack} stack @param {import('./report.mjs').Report} report */
export async function backUpAndRestore(stack, report) {
  const folder = join(stack.folder, 'backup');
  mkdirSync(folder, { recursive: true });
  const name = `${stack.project}.backup`;
  /** @param {...string} words */
  const cli = (...words) =>
    stack.attemptCompose([
      ...['run', '--rm', '--no-deps', '--user', `${process.getuid?.()}:${process.getgid?.()}`],
      ...['--volume', `${folder}:/backup`, 'backend', 'node', 'dist/apps/cli/src/main.js', ...words],
    ]);
  /** @param {string} output @param {RegExp} pattern */
  const said = (output, pattern) => pattern.exec(output)?.[0] ?? output.trim().split('\n').slice(-2).join(' ');

  /** @returns {Promise<string[]>} */
  const listed = async () =>
    (await stack.call('/api/documents?limit=100')).body.items?.map(({ id }) => id).sort() ?? [];
  const before = await listed();
  const backup = await cli('backup', `/backup/${name}`);
  report.row(
    'backup, while the service goes on',
    'exit 0',
    `exit ${backup.code}: ${said(backup.output, /\d+ documents?, .*/)}`,
    backup.code === 0,
  );
  await stack.call('/api/documents/text', { body: { text: 'After the backup.', filename: 'later.txt' } });
  await stack.compose(['stop', 'backend']);
  const restore = await cli('restore', `/backup/${name}`, '--replace', '--yes');
  await stack.compose(['start', 'backend']);
  await until('/ready after the restore', 90_000, async () => (await stack.call('/ready')).status === 200);
  const after = await listed();
  report.row(
    'restore in place of what is there',
    'exit 0, the documents of the backup and no other',
    `exit ${restore.code}: ${said(restore.output, /Restored: .*/)}; ${after.length} documents, ${JSON.stringify(after) === JSON.stringify(before) ? 'the same' : 'others'}`,
    restore.code === 0 && before.length > 0 && JSON.stringify(after) === JSON.stringify(before),
  );
}
