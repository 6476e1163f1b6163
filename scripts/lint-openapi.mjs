// openapi.json by the rules that Redocly recommends, and by one of ours: what a client is generated for has a name.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConfig, lint } from '@redocly/openapi-core';
import { main, ROOT } from './bootstrap.mjs';

/** Probes are refused by nothing, so they describe no refusal. */
const PROBES = /^#\/paths\/~1(health|live|ready)\/get/;

await main(async () => {
  const path = join(ROOT, 'openapi.json');
  const found = await lint({ ref: path, config: await createConfig({ extends: ['recommended'] }) });
  const problems = found
    .map(({ ruleId, message, location }) => ({ ruleId, message, pointer: location[0]?.pointer ?? '#' }))
    .filter(({ ruleId, pointer }) => !(ruleId === 'operation-4xx-response' && PROBES.test(pointer)))
    .map(({ ruleId, message, pointer }) => `${pointer}: ${message} (${ruleId})`);
  /** @type {{ paths: unknown }} */
  const { paths } = JSON.parse(readFileSync(path, 'utf8'));
  const unnamed = [...unnamedSchemas(paths, '#/paths')];
  const hint = 'this schema has no name: add it to apps/api/src/openapi/named-schemas.ts';
  const lines = [...problems, ...unnamed.map((pointer) => `${pointer}: ${hint}`)];
  if (lines.length === 0) return;
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exitCode = 1;
});

/**
 * Objects with properties that stand where they are used: each becomes a class of its own in generated clients.
 * @param {unknown} value @param {string} pointer @returns {Generator<string>}
 */
function* unnamedSchemas(value, pointer) {
  if (typeof value !== 'object' || value === null) return;
  if ('properties' in value && 'type' in value && value.type === 'object') yield pointer;
  for (const [key, part] of Object.entries(value)) {
    if (key !== 'example' && key !== 'examples') yield* unnamedSchemas(part, `${pointer}/${key.replaceAll('/', '~1')}`);
  }
}
