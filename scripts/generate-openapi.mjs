// openapi.json from the controllers and the schemas that validate. Nothing is connected to for it.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bootstrap, main, ROOT } from './bootstrap.mjs';
import { writeOrCheck } from './generated-file.mjs';

await main(async () => {
  await bootstrap({ quiet: true });
  /** @type {typeof import('../apps/api/src/describe-api.js')} */
  const { describeApi } = createRequire(import.meta.url)(join(ROOT, 'dist/apps/api/src/describe-api.js'));
  writeOrCheck('openapi.json', `${JSON.stringify(await describeApi(), null, 2)}\n`);
});
