// What `npm run deploy` is told: which steps, of which stack, with which bounds.
import { parseArgs } from 'node:util';

/**
 * @typedef {{ steps: string[], envFile: string, files: string[], project: string | undefined, url: string | undefined,
 *   publicUrl: URL | undefined, waiveTls: string | undefined, backupDir: string, minFreeBytes: number,
 *   waitSeconds: number, watchSeconds: number, maxErrorRatio: number }} Options
 */

/** In the order they run. A stage is what stands before the dot; a step may be named by both or by its stage alone. */
export const STEPS = {
  'preflight.secrets': 'secrets set, strong, each its own, and kept from other accounts',
  'preflight.cors': 'CORS_ORIGIN names origins, never `*`',
  'preflight.tls': 'a TLS terminator in front of port 3000, or none on purpose',
  'preflight.versions': 'Docker and Compose new enough',
  'preflight.disk': 'free space for images, volumes and the backup',
  'preflight.migrations': 'which migrations the new program will run',
  'preflight.backup': 'the database dumped with pg_dump -Fc, and the dump read back whole',
  'build.images': 'docker compose build; the images of now stay as `previous`',
  'build.up': 'docker compose up -d; with two backends, only the one that takes no traffic is recreated',
  'verify.services': 'every service healthy',
  'verify.health': 'GET /health',
  'verify.ready': 'GET /ready',
  'monitoring.prometheus': 'Prometheus scrapes the backends',
  'monitoring.logs': 'a request’s line is found in Loki, or in Docker’s log where Loki does not run',
  'monitoring.alert': 'a test alert is delivered to the webhook',
  'traffic.switch': 'the new backend takes over when it is ready, the old one drains',
  'traffic.watch': '5xx ratio and /ready are watched; a breach switches back',
  'traffic.complete': 'the old backend is recreated and joins',
};

/**
 * @satisfies {Record<string, { type: 'string' | 'boolean', multiple?: boolean, default?: string | boolean, about:
 *   string }>}
 */
const OPTIONS = {
  only: { type: 'string', multiple: true, about: 'NAMES  run these stages or steps alone (comma-separated)' },
  skip: { type: 'string', multiple: true, about: 'NAMES  leave these stages or steps out' },
  'env-file': { type: 'string', default: '.env', about: 'FILE   settings and secrets of the stack (default .env)' },
  file: {
    type: 'string',
    multiple: true,
    about: 'FILE   compose file, repeatable (default COMPOSE_FILE, docker-compose.yml)',
  },
  project: { type: 'string', about: 'NAME   compose project (default vectorlane)' },
  url: { type: 'string', about: 'URL    where the stack is reached from here (default its published port)' },
  'public-url': { type: 'string', about: 'URL    https://… of the TLS terminator; its certificate is checked' },
  'waive-tls': { type: 'string', about: 'WHY    there is no TLS terminator, and that is meant so' },
  'backup-dir': { type: 'string', default: 'backups', about: 'DIR    where the dump goes (default backups)' },
  'min-free-gb': { type: 'string', default: '5', about: 'GB     free disk space wanted (default 5)' },
  'wait-seconds': { type: 'string', default: '240', about: 'S      longest wait for a healthy service (default 240)' },
  'watch-seconds': { type: 'string', default: '300', about: 'S      how long traffic is watched (default 300)' },
  'max-error-ratio': {
    type: 'string',
    default: '0.01',
    about: 'RATIO  5xx answers of all that are a breach (default 0.01)',
  },
  help: { type: 'boolean', default: false, about: '       this text' },
};

/** Exit code 2, and one line. */
export class UsageError extends Error {}

/**
 * @param {string[]} argv
 * @returns {{ help: true } | Options}
 */
export function parseCommandLine(argv) {
  /** @type {Record<string, string | boolean | (string | boolean)[] | undefined>} */
  let values;
  try {
    ({ values } = parseArgs({ args: argv, options: OPTIONS, strict: true, allowPositionals: false }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (values.help) return { help: true };
  /** @param {keyof typeof OPTIONS} name @returns {string | undefined} */
  const text = (name) => (values[name] === undefined ? undefined : String(values[name]));
  /** @param {keyof typeof OPTIONS} name @returns {string[]} */
  const list = (name) => [values[name] ?? []].flat().map(String);
  /** @param {keyof typeof OPTIONS} name @param {number} min @param {number} max */
  const number = (name, min, max) => {
    const given = text(name) ?? '';
    const value = Number(given);
    if (given.trim() !== '' && value >= min && value <= max) return value;
    throw new UsageError(`--${name} is a number from ${min} to ${max}`);
  };
  return {
    steps: selectSteps(names(list('only')), names(list('skip'))),
    envFile: text('env-file') ?? '.env',
    files: list('file'),
    project: text('project'),
    url: text('url')?.replace(/\/+$/, ''),
    publicUrl: address(text('public-url')),
    waiveTls: text('waive-tls'),
    backupDir: text('backup-dir') ?? 'backups',
    minFreeBytes: number('min-free-gb', 0, 100_000) * 1e9,
    waitSeconds: number('wait-seconds', 1, 3_600),
    watchSeconds: number('watch-seconds', 1, 86_400),
    maxErrorRatio: number('max-error-ratio', 0, 1),
  };
}

/**
 * @returns {string[]} the steps to run, in order
 * @param {string[]} only
 * @param {string[]} skip
 */
export function selectSteps(only, skip) {
  const all = Object.keys(STEPS);
  /** @param {string} step @param {string[]} list */
  const isNamed = (step, list) => list.some((name) => step === name || step.startsWith(`${name}.`));
  const unknown = [...only, ...skip].filter((name) => !all.some((step) => isNamed(step, [name])));
  if (unknown.length > 0) throw new UsageError(`there is no step "${unknown[0]}"; --help lists them`);
  const steps = all.filter((step) => (only.length === 0 || isNamed(step, only)) && !isNamed(step, skip));
  if (steps.length === 0) throw new UsageError('no step is left to run');
  return steps;
}

export function helpText() {
  const stages = Object.entries(STEPS).map(([name, what]) => `  ${name.padEnd(22)} ${what}`);
  const options = Object.entries(OPTIONS).map(([name, { about }]) => `  --${name.padEnd(16)} ${about}`);
  return [
    'npm run deploy -- [options]',
    '',
    'Deploys the production stack of docker-compose.yml, step by step, and stops at the first one that fails, with the',
    'way back. Exit code: 0 done, 1 a step failed, 2 wrong usage. docs/operations.md, section "Deployment".',
    '',
    'Steps:',
    ...stages,
    '',
    'Options:',
    ...options,
    '',
    'Environment: VECTORLANE_API_KEY, a key with the scopes read and admin, when BOOTSTRAP_API_KEY is revoked.',
    '',
  ].join('\n');
}

/** @param {string[]} lists */
const names = (lists) =>
  lists
    .flatMap((list) => list.split(','))
    .map((name) => name.trim())
    .filter(Boolean);

/** @param {string | undefined} text */
function address(text) {
  if (text === undefined) return undefined;
  if (!URL.canParse(text) || new URL(text).protocol !== 'https:')
    throw new UsageError('--public-url begins with https://');
  return new URL(text);
}
