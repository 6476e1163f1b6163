// Step 5: traffic goes over when the new backend is ready, is watched, and goes back on a breach.
import { drain, findRoles, isRolling, rotationOf, seconds } from './build.mjs';
import { countRequests, percent, judgeTraffic } from './decisions.mjs';
import { pause, StepError, until } from './process.mjs';
import { addressOf, fetchFrom } from './verify.mjs';

/** @import { ProxiedServer } from './decisions.mjs' */
/** @import { Context, Steps } from './flow.mjs' */

const READY_WITHIN_MS = 60_000;
const WATCH_EVERY_MS = 5_000;
const IN_PLACE = 'one backend, recreated in place (profile rolling switches without a gap)';

/** @satisfies {Steps} */
export const traffic = {
  'traffic.switch': async (context) => {
    const { compose, notes } = context;
    if (!(await isRolling(compose))) return { skipped: IN_PLACE };
    const { serving, candidate } = await findRoles(context);
    const startedAt = Date.now();
    await isReady(context, candidate);
    await enter(context, candidate);
    notes.switched = true;
    const left = await drain(context, serving);
    return `${candidate} has the traffic, ${serving} is drained${left} after ${seconds(startedAt)}`;
  },

  'traffic.watch': async (context) => {
    const { options, notes } = context;
    /** @type {{ requests: number, errors: number, ready: boolean }[]} */
    const samples = [];
    const deadline = Date.now() + options.watchSeconds * 1000;
    for (;;) {
      samples.push(await sample(context));
      const seen = judgeTraffic(samples, options.maxErrorRatio);
      if (seen.breach !== undefined) {
        if (notes.switched) throw new StepError(`${seen.breach}; ${await switchBack(context)}`);
        throw new StepError(seen.breach);
      }
      const left = deadline - Date.now();
      if (left <= 0)
        return `${options.watchSeconds} s: ${seen.errors} of ${seen.requests} answers were 5xx (${percent(seen.ratio)}), /ready 200 in ${seen.ready} of ${samples.length}`;
      await pause(Math.min(left, WATCH_EVERY_MS), context.signal);
    }
  },

  'traffic.complete': async (context) => {
    const { compose, options, notes } = context;
    if (!(await isRolling(compose))) return { skipped: IN_PLACE };
    // On its own, in a run after the switch: the new one is who has the traffic.
    if (notes.candidate === undefined) {
      const { serving, candidate } = await findRoles(context);
      Object.assign(notes, { serving: candidate, candidate: serving });
    }
    const { serving, candidate } = await findRoles(context);
    const startedAt = Date.now();
    await isReady(context, candidate);
    if ((await rotationOf(compose, candidate)).status !== 'UP') throw new StepError(`${candidate} is not in rotation`);
    await drain(context, serving);
    await compose.up([serving], options.waitSeconds);
    await isReady(context, serving);
    await enter(context, serving);
    notes.completed = true;
    return `${serving} recreated and in rotation after ${seconds(startedAt)}: both run the new program`;
  },
};

/**
 * In the proxy's own eyes: it asks /ready once a second, of a drained backend too.
 * @param {Pick<Context, "compose" | "signal">} context
 * @param {string} name
 */
async function isReady({ compose, signal }, name) {
  /** @type {ProxiedServer | undefined} */
  let last;
  const question = async () => ((last = await rotationOf(compose, name)).check === 'L7OK' ? true : undefined);
  await until(
    READY_WITHIN_MS,
    question,
    () => `${name}: the proxy’s question to /ready gets ${last?.check || 'no answer'}`,
    { signal },
  );
}

/** @param {Pick<Context, "compose" | "signal">} context @param {string} name */
async function enter({ compose, signal }, name) {
  await compose.runtime('ready', name);
  const question = async () => ((await rotationOf(compose, name)).status === 'UP' ? true : undefined);
  await until(
    READY_WITHIN_MS,
    question,
    async () => `${name} is ${(await rotationOf(compose, name)).status} in the proxy`,
    { signal },
  );
}

/**
 * The old one first: there is always somebody to answer.
 * @param {Pick<Context, "compose" | "notes">} context
 */
export async function switchBack({ compose, notes }) {
  const { serving, candidate } = await findRoles({ compose, notes });
  // Not to be interrupted, and not to be waited for: each moment counts.
  const context = { compose, notes };
  await enter(context, serving);
  await compose.runtime('drain', candidate);
  notes.switched = false;
  return `switched back: ${serving} has the traffic`;
}

/**
 * Behind the proxy its own counters, which know of answers that never came; else those of the one process.
 * @param {Context} context
 */
async function sample(context) {
  const { compose } = context;
  const ready = (await fetchFrom(`${await addressOf(context)}/ready`)).status === 200;
  if (await isRolling(compose)) {
    const [requests, errors] = (await compose.runtime('counters')).trim().split(' ').map(Number);
    return { requests, errors, ready };
  }
  const { METRICS_TOKEN } = (await compose.config()).services.backend.environment;
  const headers = { Authorization: `Bearer ${METRICS_TOKEN}` };
  const { status, body } = await compose.request('backend', { url: 'http://127.0.0.1:3000/metrics', headers });
  // No answer says nothing of requests; /ready tells.
  if (status === 200) context.notes.counted = countRequests(body);
  return { ...(context.notes.counted ?? { requests: 0, errors: 0 }), ready };
}
