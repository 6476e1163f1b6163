// docs/configuration.md from the schema of the settings.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bootstrap, main, ROOT } from './bootstrap.mjs';
import { writeOrCheck } from './generated-file.mjs';

await main(async () => {
  await bootstrap({ quiet: true });
  /** @type {typeof import('../libs/config/src/index.js')} */
  const { describeSettings } = createRequire(import.meta.url)(join(ROOT, 'dist/libs/config/src/index.js'));
  /** @param {string} text */
  const cell = (text) => text.replaceAll('|', '\\|');
  const rows = describeSettings().map(({ name, defaultValue, allowed, reason, secret }) => {
    const value = defaultValue === undefined ? 'unset' : `\`${defaultValue}\``;
    return `| \`${name}\` | ${value} | ${cell(allowed)}${secret ? ' (secret)' : ''} | ${cell(reason)} |`;
  });
  writeOrCheck(
    'docs/configuration.md',
    [
      '# Settings',
      '',
      'Written by `npm run generate` from `libs/config/src/settings.ts`. Each is an environment variable; an empty one',
      'counts as unset; a bad one stops the boot with a message that names it.',
      '',
      '| variable | default | allowed | why |',
      '|---|---|---|---|',
      ...rows,
      '',
    ].join('\n'),
  );
});
