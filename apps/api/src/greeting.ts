import { resolve } from 'node:path';
import type { Config } from '@vectorlane/config';
import { logsArePretty } from '@vectorlane/logging';
import type { StartedApp } from './create-app';

/**
 * What a person sees after `npm start`: where it is, the key, and commands to try, which can be pasted all at once:
 * `ingest` ends when the document can be searched. Empty in production. Where the log is JSON the output is kept by
 * machines: the key stands in its file alone, and here where that is.
 */
export function greeting(config: Config, { url, firstKey, keptKeyIsAccepted, consoleUrl }: StartedApp): string {
  if (config.NODE_ENV !== 'development') return '';
  const isDefaultFolder = resolve(config.DATA_DIR) === resolve('data');
  const keyFile = isDefaultFolder ? 'data/api-key' : resolve(config.DATA_DIR, 'api-key');
  const key = keptKeyIsAccepted ? `$(cat ${quoted(keyFile)})` : '$VECTORLANE_API_KEY';
  // The command line client takes the same defaults; what differs from them must be said to it too.
  const settings = [
    ...(config.PORT === 3000 && config.HOST === '127.0.0.1' ? [] : [`VECTORLANE_URL=${url}`]),
    ...(keptKeyIsAccepted && !isDefaultFolder ? [`DATA_DIR=${quoted(resolve(config.DATA_DIR))}`] : []),
  ];
  const run = [...settings, 'npm run'].join(' ');
  const lines = [
    '',
    ...consoleLines(consoleUrl, logsArePretty(config)),
    `  Vectorlane is up at ${url}  (documentation: ${url}/docs)`,
    ...keyLines(keptKeyIsAccepted, keyFile, logsArePretty(config) ? firstKey : undefined),
    '',
    '  Try it; the lines can be pasted all at once, in the folder of the checkout:',
    `    ${run} ingest -- README.md`,
    `    ${run} search -- "how do I start it?"`,
    `    curl -sS -w '\\n' -H "X-API-Key: ${key}" -H 'Content-Type: application/json' -d '{"query":"how do I start it?"}' ${url}/api/search`,
    `    curl -sS -w '\\n' -H "X-API-Key: ${key}" -F file=@README.md ${url}/api/documents`,
    '',
  ];
  return `${lines.join('\n')}\n`;
}

const LIFE_EVERY_MS = 3_000;

/** While a first start makes its database and weights, a person sees that it goes on. */
export async function showingLife<T>(config: Config, start: () => Promise<T>): Promise<T> {
  if (config.NODE_ENV !== 'development') return start();
  const startedAt = performance.now();
  const timer = setInterval(() => {
    process.stderr.write(`Starting … ${Math.round((performance.now() - startedAt) / 1_000)} s\n`);
  }, LIFE_EVERY_MS);
  try {
    return await start();
  } finally {
    clearInterval(timer);
  }
}

function consoleLines(consoleUrl: string | undefined, isForPeople: boolean): string[] {
  if (consoleUrl === undefined) return [];
  const [address = '', link] = consoleUrl.split('#');
  if (link === undefined || !isForPeople) return [`  Open ${address} and sign in with the API key.`, ''];
  return [`  Open ${consoleUrl}`, '  (this link signs in once, within the hour; later the API key does)', ''];
}

function keyLines(keptKeyIsAccepted: boolean, keyFile: string, firstKey: string | undefined): string[] {
  if (!keptKeyIsAccepted) return ['  API key: one of yours, in VECTORLANE_API_KEY (export VECTORLANE_API_KEY=vl_…)'];
  if (firstKey === undefined) return [`  API key: in ${keyFile}`];
  return [`  API key: ${firstKey}`, `  (shown this once; kept in ${keyFile})`];
}

/** As one word of a POSIX shell. */
function quoted(text: string): string {
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
