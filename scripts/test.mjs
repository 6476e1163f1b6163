// npm test: unit, integration and e2e on the engines that run inside. Arguments go to Jest.
import { bootstrap, main } from './bootstrap.mjs';
import { runJest } from './jest.mjs';

await main(async () => {
  await bootstrap();
  // Ours come last: `--selectProjects` takes every word behind it.
  const args = [...process.argv.slice(2), '--selectProjects', 'unit', 'integration', 'e2e'];
  process.exit(await runJest(args, { timeoutMs: 25 * 60_000 }));
});
