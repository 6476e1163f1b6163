// Step 2: images and containers. Without the profile `rolling` the backend is recreated in place. With it, and a proxy
// that runs, only the backend out of rotation is: traffic goes to the other one until `traffic.switch`.
import { rolesIn, parseRotation } from './decisions.mjs';
import { pause, StepError, until } from './process.mjs';

/** @import { Compose } from './compose.mjs' */
/** @import { ProxiedServer } from './decisions.mjs' */
/** @import { Context, Steps } from './flow.mjs' */

const BUILD_TIMEOUT_MS = 3_600_000;
const DRAIN_TIMEOUT_MS = 60_000;
/** Left alone by `up`: the backends are recreated one after the other, and the port stays open. */
const NOT_AT_ONCE = ['backend', 'backend-2', 'proxy'];

/** @satisfies {Steps} */
export const build = {
  'build.images': async ({ compose, notes }) => {
    const ours = await ownImages(compose);
    /** @type {Record<string, { id: string, bytes: number } | undefined>} */
    const before = {};
    for (const image of ours) {
      before[image] = await imageOf(compose, image);
      // What runs now stays at hand, whatever name it is built under next.
      if (before[image] !== undefined) await compose.docker(['tag', before[image].id, previous(image)]);
    }
    notes.hasPrevious = Object.values(before).every((image) => image !== undefined);
    await compose.run(['build'], { timeoutMs: BUILD_TIMEOUT_MS });
    const lines = [];
    for (const image of ours) {
      const now = await inspectImage(compose, image);
      if (now === undefined) throw new StepError(`${image} was not built`);
      const same = now.id === before[image]?.id;
      lines.push(`${image} ${Math.round(now.bytes / 1e6)} MB${same ? ' (as before)' : ''}`);
    }
    return lines.join(', ');
  },

  'build.up': async (context) => {
    const { compose, options } = context;
    const services = Object.keys((await compose.config()).services);
    const startedAt = Date.now();
    if (!(await isRolling(compose))) {
      await compose.up([], options.waitSeconds);
      return `${services.length} services up after ${seconds(startedAt)}`;
    }
    const { serving, candidate } = await findRoles(context);
    await compose.up(
      services.filter((name) => !NOT_AT_ONCE.includes(name)),
      options.waitSeconds,
    );
    const left = await drain(context, candidate);
    await compose.up([candidate], options.waitSeconds);
    return `${candidate} is the new one after ${seconds(startedAt)}${left}; ${serving} serves`;
  },
};

/** @param {Compose} compose */
export async function isRolling(compose) {
  return (await compose.has('proxy')) && (await compose.isRunning('proxy'));
}

/**
 * Notes who serves and who is the new one; looked up again where `build.up` was left out.
 * @param {Pick<Context, "compose" | "notes">} context
 * @returns {Promise<{ serving: string, candidate: string }>}
 */
export async function findRoles({ compose, notes }) {
  const { serving, candidate } = notes;
  if (serving !== undefined && candidate !== undefined) return { serving, candidate };
  const roles = rolesIn(parseRotation(await compose.runtime('state')));
  Object.assign(notes, roles);
  return roles;
}

/** @param {Compose} compose @param {string} name @returns {Promise<ProxiedServer>} */
export async function rotationOf(compose, name) {
  const server = parseRotation(await compose.runtime('state')).find((candidate) => candidate.name === name);
  if (server === undefined) throw new StepError(`the proxy knows no ${name}`);
  return server;
}

/**
 * No new requests; those in flight end. @returns {Promise<string>} what was still there when the time was up
 * @param {Pick<Context, "compose" | "signal">} context
 * @param {string} name
 */
export async function drain({ compose, signal }, name) {
  await compose.runtime('drain', name);
  const idle = async () => ((await rotationOf(compose, name)).sessions === 0 ? true : undefined);
  const describe = async () => (await rotationOf(compose, name)).sessions;
  try {
    await until(DRAIN_TIMEOUT_MS, idle, describe, { signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    // Event streams stay for ever; the backend ends them itself at its stop, and their clients come back.
    return `, ${(await rotationOf(compose, name)).sessions} long requests left after ${DRAIN_TIMEOUT_MS / 1000} s`;
  }
  // The proxy counts a request as over when its last byte has left; one breath for what is on the way in.
  await pause(1_000, signal);
  return '';
}

/** @param {Compose} compose */
async function ownImages(compose) {
  const { services } = await compose.config();
  return [
    ...new Set(
      Object.values(services)
        .filter((service) => service.build)
        .map(({ image }) => image),
    ),
  ];
}

/** @param {string} image */
export const previous = (image) => image.replace(/(:[^:/]+)?$/, ':previous');

/**
 * The image that the stack runs, else the one of that name.
 * @param {Compose} compose
 * @param {string} image
 */
async function imageOf(compose, image) {
  const { services } = await compose.config();
  const service = Object.keys(services).find((name) => services[name].image === image);
  const container = service && (await compose.run(['ps', '--all', '--quiet', service])).trim().split('\n')[0];
  if (!container) return inspectImage(compose, image);
  return inspectImage(compose, (await compose.docker(['inspect', '--format', '{{.Image}}', container])).trim());
}

/** @param {Compose} compose @param {string} image @returns {Promise<{ id: string, bytes: number } | undefined>} */
async function inspectImage(compose, image) {
  try {
    const [id, bytes] = (await compose.docker(['image', 'inspect', '--format', '{{.Id}} {{.Size}}', image]))
      .trim()
      .split(' ');
    return { id, bytes: Number(bytes) };
  } catch (error) {
    if (error instanceof StepError) return undefined;
    throw error;
  }
}

/** @param {number} since */
export const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`;
