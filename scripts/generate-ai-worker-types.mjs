// The types of the AI worker's client, from the contract that the Python program writes: apps/ai-worker/openapi.json.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap, main, ROOT } from './bootstrap.mjs';
import { formatted, writeOrCheck } from './generated-file.mjs';

/** @typedef {{ title?: string }} Titled */

const CONTRACT = 'apps/ai-worker/openapi.json';
const TYPES = 'libs/ai-worker/src/ai-worker-contract.ts';

await main(async () => {
  await bootstrap({ quiet: true });
  const { default: openapiTS, astToString } = await import('openapi-typescript');
  /**
   * @type {import('openapi-typescript').OpenAPI3 & {
   *   paths: Record<string, Record<string, { responses: Record<string, unknown> }>>,
   *   components: { schemas: Record<string, Titled & { properties?: Record<string, Titled> }> } }}
   */
  const contract = JSON.parse(readFileSync(join(ROOT, CONTRACT), 'utf8'));
  for (const operations of Object.values(contract.paths)) {
    for (const { responses } of Object.values(operations)) {
      // Refusals of a route all have the one shape that stands among the schemas.
      for (const status of Object.keys(responses)) if (status >= '400') delete responses[status];
    }
  }
  for (const schema of Object.values(contract.components.schemas)) {
    // Titles only say the names again.
    for (const part of [schema, ...Object.values(schema.properties ?? {})]) delete part.title;
  }
  const types = astToString(await openapiTS(contract, { immutable: true, silent: true }));
  const source = `// Written by \`npm run generate\` from ${CONTRACT}.\n\n${types}`;
  writeOrCheck(TYPES, await formatted(TYPES, source));
});
