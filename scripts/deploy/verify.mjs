// Steps 3 and 4: the new program answers, from beside it and from outside, and is watched.
import { randomBytes } from 'node:crypto';
import { findRoles, isRolling } from './build.mjs';
import { parseUp, checkServices, upByJob } from './decisions.mjs';
import { lastLine, reasonOf, StepError, until } from './process.mjs';

/** @import { Answer, Compose } from './compose.mjs' */
/** @import { Context, Steps } from './flow.mjs' */
/** @import { ScrapeTarget } from './decisions.mjs' */

const SCRAPE_WITHIN_MS = 90_000;
const LOG_WITHIN_MS = 60_000;
const READY_WITHIN_MS = 60_000;
const SELF = 'http://127.0.0.1:3000';

/** @satisfies {Steps} */
export const verify = {
  'verify.services': async ({ compose, options, signal }) => {
    const wanted = Object.keys((await compose.config()).services);
    let why = '';
    const healthy = async () => {
      try {
        return checkServices(wanted, await compose.ps());
      } catch (error) {
        if (!(error instanceof StepError)) throw error;
        why = error.message;
        return undefined;
      }
    };
    return until(options.waitSeconds * 1000, healthy, () => why, { signal, intervalMs: 1_000 });
  },

  'verify.health': async (context) => {
    const fresh = await newBackend(context);
    const outside = `${await addressOf(context)}/health`;
    await answers200(`${fresh} /health`, () => context.compose.request(fresh, { url: `${SELF}/health` }), context);
    await answers200(outside, () => fetchFrom(outside), context);
    return `200 from ${fresh} itself and from ${outside}`;
  },

  'verify.ready': async (context) => {
    const fresh = await newBackend(context);
    const outside = `${await addressOf(context)}/ready`;
    const { body } = await answers200(
      `${fresh} /ready`,
      () => context.compose.request(fresh, { url: `${SELF}/ready` }),
      context,
    );
    await answers200(outside, () => fetchFrom(outside), context);
    /** @type {{ checks: Record<string, { status: string }>, version: string }} */
    const { checks, version } = JSON.parse(body);
    return `200 from ${fresh} itself (version ${version}; ${Object.entries(checks)
      .map(([name, { status }]) => `${name} ${status}`)
      .join(', ')}) and from ${outside}`;
  },
};

/** @satisfies {Steps} */
export const monitoring = {
  'monitoring.prometheus': async ({ compose, signal }) => {
    if (!(await compose.has('prometheus'))) return { skipped: 'Prometheus does not run here (profile observability)' };
    const backends = Object.keys((await compose.config()).services).filter((name) => /^backend(-\d+)?$/.test(name));
    /** @type {ScrapeTarget[]} */
    let seen = [];
    const scraped = async () => {
      seen = await targets(compose);
      /** @param {string} job */
      const of = (job) => seen.filter((target) => target.job === job);
      const all = of('backend').length === backends.length && of('ai-worker').length > 0;
      return all && [...of('backend'), ...of('ai-worker')].every(({ up }) => up) ? true : undefined;
    };
    const describe = () => upByJob(seen);
    await until(SCRAPE_WITHIN_MS, scraped, describe, { signal, intervalMs: 2_000 });
    return describe();
  },

  'monitoring.logs': async (context) => {
    const { compose, signal } = context;
    const fresh = await newBackend(context);
    const requestId = `deploy-${randomBytes(6).toString('hex')}`;
    await compose.request(fresh, {
      url: `${SELF}/api/documents?limit=1`,
      headers: { 'X-Request-ID': requestId, ...(await keyHeader(context)) },
    });
    const inLoki = await compose.has('loki');
    const find = inLoki ? () => lokiHas(compose, fresh, requestId) : () => dockerLogHas(compose, fresh, requestId);
    const found = async () => ((await find()) ? true : undefined);
    await until(LOG_WITHIN_MS, found, () => `no line of request ${requestId}`, { signal, intervalMs: 1_000 });
    return `the line of request ${requestId} is in ${inLoki ? 'Loki' : 'Docker’s log (Loki does not run here)'}`;
  },

  'monitoring.alert': async (context) => {
    const fresh = await newBackend(context);
    const url = `${SELF}/api/admin/alerts/test`;
    const answer = await context.compose.request(fresh, {
      url,
      method: 'POST',
      headers: await keyHeader(context),
      timeoutMs: 20_000,
    });
    if (answer.status === 401 || answer.status === 403)
      throw new StepError(
        `POST /api/admin/alerts/test was refused with ${answer.status}: set VECTORLANE_API_KEY to a key with the scopes read and admin`,
      );
    if (answer.status !== 200)
      throw new StepError(`POST /api/admin/alerts/test answered ${answer.status}: ${lastLine(answer.body)}`);
    /**
     * @type {{ delivered: boolean, host: string | null, channel: string, status?: number, latencyMs: number, detail:
     *   string }}
     */
    const { delivered, host, channel, status, latencyMs, detail } = JSON.parse(answer.body);
    if (!delivered)
      throw new StepError(
        `the test alert was not delivered: ${detail}${host === null ? '. Set ALERT_WEBHOOK_URL, or --skip monitoring.alert' : ` (${host}, ${status ?? 'no answer'})`}`,
      );
    return `taken by ${host} (${channel}), ${status} after ${latencyMs} ms`;
  },
};

/**
 * The backend that this deployment made: the one without traffic, or the only one.
 * @param {Context} context
 */
async function newBackend(context) {
  return (await isRolling(context.compose)) ? (await findRoles(context)).candidate : 'backend';
}

/**
 * Where the stack is reached from here.
 * @param {Context} context
 * @returns {Promise<string>}
 */
export async function addressOf({ compose, options, notes }) {
  if (options.url !== undefined) return options.url;
  if (notes.url === undefined) {
    const publisher = (await compose.has('proxy')) ? 'proxy' : 'backend';
    const port = /:(\d+)\s*$/m.exec(await compose.run(['port', publisher, '3000']))?.[1];
    if (port === undefined) throw new StepError(`${publisher} publishes no port; say --url`);
    notes.url = `http://127.0.0.1:${port}`;
  }
  return notes.url;
}

/**
 * @returns {Promise<{ status: number, body: string }>} status 0: no answer
 * @param {string} url
 * @param {{ timeoutMs?: number }} [options]
 */
export async function fetchFrom(url, { timeoutMs = 5_000 } = {}) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'manual' });
    return { status: answer.status, body: await answer.text() };
  } catch (error) {
    return { status: 0, body: reasonOf(error) };
  }
}

/** @param {string} what @param {() => Promise<Answer>} ask @param {Context} context */
async function answers200(what, ask, { signal }) {
  let last = { status: 0, body: '' };
  const question = async () => ((last = await ask()).status === 200 ? last : undefined);
  const describe = () => `${what} answers ${last.status || 'nothing'}: ${lastLine(last.body).slice(0, 200)}`;
  return until(READY_WITHIN_MS, question, describe, { signal });
}

/** @param {Compose} compose @returns {Promise<ScrapeTarget[]>} */
async function targets(compose) {
  const { code, stdout } = await compose.attempt([
    'exec',
    '-T',
    'prometheus',
    'promtool',
    'query',
    'instant',
    'http://127.0.0.1:9090',
    'up',
  ]);
  return code === 0 ? parseUp(stdout) : [];
}

/**
 * Loki's image has neither shell nor client; the backends stand on the network where it is reached.
 * @param {Compose} compose
 * @param {string} from
 * @param {string} requestId
 */
async function lokiHas(compose, from, requestId) {
  const query = new URLSearchParams({ query: `{service="${from}"} |= "${requestId}"`, since: '10m', limit: '1' });
  const { status, body } = await compose.request(from, {
    url: `http://loki:3100/loki/api/v1/query_range?${query.toString()}`,
  });
  if (status !== 200) return false;
  /** @type {{ data: { result: unknown[] } }} */
  const { data } = JSON.parse(body);
  return data.result.length > 0;
}

/** @param {Compose} compose @param {string} service @param {string} requestId */
async function dockerLogHas(compose, service, requestId) {
  const { stdout } = await compose.attempt(['logs', '--no-color', '--since', '10m', service]);
  return stdout.includes(requestId);
}

/** @param {Context} context */
async function keyHeader({ compose }) {
  const key = process.env.VECTORLANE_API_KEY || (await compose.config()).services.backend.environment.BOOTSTRAP_API_KEY;
  return { 'X-API-Key': key };
}
