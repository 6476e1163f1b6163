// What a deployment decides, apart from how it finds out: no file, no process, no clock. Each check returns the line
// of a success and throws a StepError for a failure.
import { StepError } from './process.mjs';

/** @typedef {{ name: string, status: string, sessions: number, check: string }} ProxiedServer */
/** @typedef {{ job: string, up: boolean }} ScrapeTarget */

const MIN_DOCKER = [20, 10];
/** `!reset` of docker/compose.rolling.yml came with it. */
const MIN_COMPOSE = [2, 20];
const MIN_CERTIFICATE_DAYS = 14;
const MIN_AI_WORKER_TOKEN = 32;

/**
 * @returns {Record<string, string>} every secret that a service's entry checks, by name
 * @param {Record<string, { environment?: Record<string, string> }>} services
 */
export function secretsOf(services) {
  /** @type {Record<string, string>} */
  const secrets = {};
  for (const { environment = {} } of Object.values(services))
    for (const name of (environment.REQUIRE_SECRETS ?? '').split(' ').filter(Boolean))
      secrets[name] = environment[name] ?? '';
  return secrets;
}

/**
 * @param {Record<string, string>} secrets
 * @param {string[]} refused lines of docker/require-secrets.sh
 * @param {number} [fileMode] of the file they stand in
 */
export function checkSecrets(secrets, refused, fileMode) {
  const wrong = refused.map((line) => line.replace('Refusing to start: ', ''));
  const owners = new Map();
  for (const [name, value] of Object.entries(secrets)) {
    if (value !== '' && owners.has(value))
      wrong.push(`${name} is the same as ${owners.get(value)}. Each secret is its own.`);
    owners.set(value, name);
  }
  const token = secrets.AI_WORKER_TOKEN ?? '';
  if (token !== '' && token.length < MIN_AI_WORKER_TOKEN)
    wrong.push(`AI_WORKER_TOKEN is shorter than ${MIN_AI_WORKER_TOKEN} characters.`);
  if (fileMode !== undefined && (fileMode & 0o077) !== 0)
    wrong.push('the file of secrets can be read by other accounts: chmod 600 it.');
  if (wrong.length > 0) throw new StepError(wrong.join('\n'));
  return `${Object.keys(secrets).length} secrets, all strong and each its own`;
}

/** @param {string} origins */
export function checkCors(origins) {
  const list = origins
    .split(',')
    .map((origin) => origin.trim())
    .filter(Boolean);
  for (const origin of list) {
    if (origin.includes('*'))
      throw new StepError('CORS_ORIGIN holds `*`: every page on the web could call the API. Name the origins.');
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      throw new StepError(`CORS_ORIGIN: ${JSON.stringify(origin)} is no origin; write https://app.example.org`);
  }
  return list.length === 0 ? 'no web page may call the API' : `${list.length} origins: ${list.join(', ')}`;
}

/**
 * @param {{ publicUrl: URL | undefined, waived: string | undefined, trustProxy: string, hasProxy: boolean,
 *   daysLeft: number | undefined }} seen
 *        daysLeft: of the certificate that the terminator showed, once it was found valid
 */
export function checkTls({ publicUrl, waived, trustProxy, hasProxy, daysLeft }) {
  if (publicUrl === undefined) {
    if (waived?.trim()) return `none, on purpose: ${waived.trim()}`;
    throw new StepError(
      'port 3000 speaks plain HTTP: say where TLS ends with --public-url https://…, or why it need not with --waive-tls "…"',
    );
  }
  if (daysLeft === undefined) throw new StepError(`${publicUrl.host} showed no certificate`);
  if (daysLeft < MIN_CERTIFICATE_DAYS)
    throw new StepError(`the certificate of ${publicUrl.host} ends in ${Math.floor(daysLeft)} days: renew it first`);
  const hops = hasProxy ? 2 : 1;
  if (trustProxy === '' || (/^\d+$/.test(trustProxy) && Number(trustProxy) < hops))
    throw new StepError(
      `TRUST_PROXY is ${trustProxy || 'empty'}: behind a terminator every client has its address. Set it to ${hops}.`,
    );
  return `${publicUrl.host}, certificate valid for ${Math.floor(daysLeft)} days, TRUST_PROXY ${trustProxy}`;
}

/** @param {{ docker: string, compose: string }} versions */
export function checkVersions({ docker, compose }) {
  for (const { name, version, wanted } of [
    { name: 'Docker', version: docker, wanted: MIN_DOCKER },
    { name: 'Compose', version: compose, wanted: MIN_COMPOSE },
  ]) {
    const [major = 0, minor = 0] = /\d+(\.\d+)*/.exec(version)?.[0].split('.').map(Number) ?? [];
    if (major < wanted[0] || (major === wanted[0] && minor < wanted[1]))
      throw new StepError(`${name} ${version || '?'} is too old: ${wanted.join('.')} or newer is needed`);
  }
  return `Docker ${docker}, Compose ${compose.replace(/^v/, '')}`;
}

/** @param {{ place: string, freeBytes: number, neededBytes: number }[]} places */
export function checkDisk(places) {
  for (const { place, freeBytes, neededBytes } of places)
    if (freeBytes < neededBytes)
      throw new StepError(`${place} has ${gigabytes(freeBytes)} free, ${gigabytes(neededBytes)} are wanted`);
  return places.map(({ place, freeBytes }) => `${gigabytes(freeBytes)} free in ${place}`).join(', ');
}

/**
 * @param {string[]} known of the program to be deployed, in order
 * @param {string[] | undefined} applied in the database; undefined: there is none yet
 * @returns {{ pending: string[], line: string }}
 */
export function checkMigrations(known, applied) {
  const unknown = (applied ?? []).filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new StepError(
      `a newer program has been at work on this database (${unknown.join(', ')}): deploy that one, or restore a dump from before it`,
    );
  const pending = known.filter((name) => !(applied ?? []).includes(name));
  if (applied === undefined) return { pending, line: `no database yet; the first start runs all ${known.length}` };
  return {
    pending,
    line:
      pending.length === 0
        ? `none pending, ${applied.length} applied`
        : `${pending.length} pending: ${pending.join(', ')}`,
  };
}

/**
 * @param {string} listing what `pg_restore --list` printed
 * @returns {number} tables whose rows are in the dump
 */
export function checkDump(listing) {
  const tables = [...listing.matchAll(/^\d+;.* TABLE DATA \S+ (\S+) /gm)].map(([, name]) => name);
  for (const table of ['documents', 'chunks', 'migrations'])
    if (!tables.includes(table)) throw new StepError(`the dump does not hold the table ${table}`);
  return tables.length;
}

/**
 * @param {string[]} wanted services
 * @param {{ Service: string, State: string, Health: string }[]} seen by `docker compose ps`
 */
export function checkServices(wanted, seen) {
  /** @param {string} service */
  const stateOf = (service) => {
    const container = seen.find(({ Service }) => Service === service);
    if (container === undefined) return 'not there';
    return container.State === 'running' ? container.Health || 'without a health check' : container.State;
  };
  const ill = wanted.filter((service) => stateOf(service) !== 'healthy');
  if (ill.length > 0) throw new StepError(ill.map((service) => `${service} is ${stateOf(service)}`).join(', '));
  return `${wanted.length} services, all healthy: ${wanted.join(', ')}`;
}

/**
 * Reads what `runtime.sh state` prints.
 * @param {string} text
 * @returns {ProxiedServer[]}
 */
export function parseRotation(text) {
  return text
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [name, status, sessions, check = ''] = line.split(' ');
      return { name, status, sessions: Number(sessions), check };
    });
}

/**
 * Who takes the new program while who goes on serving. Of two in rotation the second is the new one.
 * @returns {{ candidate: string, serving: string }}
 * @param {ProxiedServer[]} rotation
 */
export function rolesIn(rotation) {
  const up = rotation.filter(({ status }) => status === 'UP').map(({ name }) => name);
  const names = rotation.map(({ name }) => name);
  if (names.length !== 2) throw new StepError(`the proxy knows ${names.length} backends; a switch needs two`);
  const [serving] = up;
  const candidate = names.find((name) => name !== serving);
  if (serving === undefined || candidate === undefined)
    throw new StepError('no backend is in rotation: repair that first (docker compose ps, runtime.sh state)');
  return { serving, candidate };
}

/** Failures below this many say nothing of a ratio. */
const MIN_FAILURES = 3;
/** `/ready` may miss once: a probe that took too long, a container's busy moment. */
const MAX_MISSES = 1;

/**
 * @param {{ requests: number, errors: number, ready: boolean }[]} samples since the switch; the counters only grow, but
 * begin at 0 again with the process that keeps them
 * @returns {{ requests: number, errors: number, ratio: number, ready: number, breach?: string }}
 * @param {number} maxErrorRatio
 */
export function judgeTraffic(samples, maxErrorRatio) {
  let requests = 0;
  let errors = 0;
  for (let index = 1; index < samples.length; index += 1) {
    const [before, now] = [samples[index - 1], samples[index]];
    const restarted = now.requests < before.requests;
    requests += restarted ? now.requests : now.requests - before.requests;
    errors += restarted ? now.errors : Math.max(0, now.errors - before.errors);
  }
  const ratio = requests === 0 ? 0 : errors / requests;
  const ready = samples.filter((sample) => sample.ready).length;
  const seen = { requests, errors, ratio, ready };
  const last = samples.slice(-MAX_MISSES - 1);
  if (last.length > MAX_MISSES && last.every((sample) => !sample.ready))
    return { ...seen, breach: `/ready failed ${last.length} times in a row` };
  if (errors >= MIN_FAILURES && ratio > maxErrorRatio)
    return {
      ...seen,
      breach: `${errors} of ${requests} answers were 5xx (${percent(ratio)}, allowed ${percent(maxErrorRatio)})`,
    };
  return seen;
}

/**
 * `http_requests_total` of one process: all, and those with a 5xx status.
 * @param {string} metrics
 */
export function countRequests(metrics) {
  let requests = 0;
  let errors = 0;
  for (const [, labels, value] of metrics.matchAll(/^http_requests_total\{([^}]*)\} (\S+)/gm)) {
    requests += Number(value);
    if (/status="5\d\d"/.test(labels)) errors += Number(value);
  }
  return { requests, errors };
}

/**
 * Reads what `promtool query instant … up` prints.
 * @param {string} text
 * @returns {ScrapeTarget[]}
 */
export function parseUp(text) {
  return [...text.matchAll(/^up\{(.*)\} => (\S+)/gm)].map(([, labels, value]) => ({
    job: /job="([^"]*)"/.exec(labels)?.[1] ?? '',
    up: value === '1',
  }));
}

/**
 * `backend 2 of 2 up, proxy 1 of 1 up`: how many targets of each job are reached.
 * @param {ScrapeTarget[]} targets
 */
export function upByJob(targets) {
  const jobs = [...new Set(targets.map(({ job }) => job))].sort();
  const line = jobs.map((job) => {
    const of = targets.filter((target) => target.job === job);
    return `${job} ${of.filter(({ up }) => up).length} of ${of.length} up`;
  });
  return line.join(', ') || 'no target';
}

/** @param {number} ratio */
export const percent = (ratio) => `${(ratio * 100).toFixed(2)} %`;
/** @param {number} bytes */
export const gigabytes = (bytes) => `${(bytes / 1e9).toFixed(1)} GB`;
