// The types of requests and answers, of the package for TypeScript and of the console, from openapi.json.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap, main, ROOT } from './bootstrap.mjs';
import { formatted, writeOrCheck } from './generated-file.mjs';

const TYPES = 'clients/typescript/src/schema.ts';

await main(async () => {
  await bootstrap({ quiet: true });
  const { default: openapiTS, astToString } = await import('openapi-typescript');
  /**
   * @type {import('openapi-typescript').OpenAPI3 & {
   *   paths: Record<string, Record<string, { responses: Record<string, unknown> }>> }}
   */
  const api = JSON.parse(readFileSync(join(ROOT, 'openapi.json'), 'utf8'));
  for (const operations of Object.values(api.paths)) {
    for (const { responses } of Object.values(operations)) {
      // Refusals of a route all have the one shape that stands among the schemas.
      for (const status of Object.keys(responses)) if (status >= '400') delete responses[status];
    }
  }
  const types = astToString(await openapiTS(api, { immutable: true, silent: true, defaultNonNullable: false }));
  const source = `// Written by \`npm run generate\` from openapi.json.\n\n${types}`;
  writeOrCheck(TYPES, await formatted(TYPES, source));
});
