// npm test: unit, integration and e2e on the engines that run inside. Arguments go to Jest.
import { bootstrap, main } from './bootstrap.mjs';
import { runJest } from './jest.mjs';

await main(async () => {
  await bootstrap();
  process.exit(await runJest(process.argv.slice(2), { timeoutMs: 15 * 60_000 }));
});
