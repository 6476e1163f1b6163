import { join } from 'node:path';
import type { Config } from '@vectorlane/config';
import { logsArePretty } from '@vectorlane/logging';
import type { StartedApp } from './create-app';

/**
 * What a person sees after `npm start`: where it is, the key, and three lines to try. Not in production. Where the log
 * is JSON the output is kept by machines: the key stands in its file alone, and here where that is.
 */
export function greeting(config: Config, { url, firstKey }: StartedApp): void {
  if (config.NODE_ENV !== 'development') return;
  const keyFile = join(config.DATA_DIR, 'api-key');
  const key = config.embedded ? `$(cat ${keyFile})` : '$VECTORLANE_API_KEY';
  // The client takes the same defaults; what differs from them must be said to it too.
  const elsewhere = config.PORT === 3000 ? '' : `VECTORLANE_URL=${url} `;
  const lines = [
    '',
    `  Vectorlane is up at ${url}  (documentation: ${url}/docs)`,
    ...(firstKey !== undefined && logsArePretty(config)
      ? [`  API key: ${firstKey}`, `  (shown this once; kept in ${keyFile})`]
      : firstKey !== undefined || config.embedded
        ? [`  API key: in ${keyFile}`]
        : []),
    '',
    '  Try it (what you upload can be found once its status is "completed", a second or two later):',
    `    curl -H "X-API-Key: ${key}" -F file=@README.md ${url}/api/documents`,
    `    curl -H "X-API-Key: ${key}" ${url}/api/documents`,
    `    curl -H "X-API-Key: ${key}" -H 'Content-Type: application/json' -d '{"query":"how do I start it?"}' ${url}/api/search`,
    '',
    `  Or whole folders: ${elsewhere}npm run ingest -- docs, then ${elsewhere}npm run search -- "your question"`,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
