// `npm run deploy` on the running stack, as an operator calls it: refused where it has to be, then the whole flow with
// clients at work, then one whose new backend falls ill after the switch.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../bootstrap.mjs';
import { startLoad } from './load.mjs';
import { until } from './stack.mjs';

/** @import { Stack } from './stack.mjs' */
/** @import { Report } from './report.mjs' */
/** @import { Works } from './scenario.mjs' */
/** @typedef {{ mark: string, name: string, text: string }} Step */

const WATCH_SECONDS = process.env.TEST_COMPOSE_WATCH_SECONDS ?? '60';
const STEP_LINE = /^(ok|FAIL|–) +([a-z]+\.[a-z]+) +(.*)$/;

/**
 * Without the proxy: over the stack as it stands, so that nothing is recreated and the steps alone are seen.
 * @param {Stack} stack
 * @param {Report} report
 */
export async function deployInPlace(stack, report) {
  const args = ['--skip', 'build.images,monitoring.prometheus', '--watch-seconds', '10'];
  const { code, steps, output } = await deploy(stack, args, { COMPOSE_PROFILES: '' }, undefined, stack.files);
  const failed = steps.find(({ mark }) => mark === 'FAIL');
  const watched = steps.find(({ name }) => name === 'traffic.watch')?.text;
  report.row(
    'npm run deploy without the profile rolling',
    'exit 0',
    `exit ${code}: ${failed ? `${failed.name}: ${failed.text}` : `${steps.length} steps; traffic.watch: ${watched}`}`,
    code === 0,
  );
  if (code !== 0) process.stderr.write(output);
}

/** @param {Stack} stack @param {Report} report @param {Works} works */
export async function deployOver(stack, report, works) {
  await refusals(stack, report);
  await wholeFlow(stack, report);
  await works(stack, report, 'works after the deployment');
  await breach(stack, report);
  await works(stack, report, 'works after the switch back');
}

/** @param {Stack} stack @param {Report} report */
async function refusals(stack, report) {
  for (const [variable, value, step] of [
    ['CORS_ORIGIN', '*', 'preflight.cors'],
    ['METRICS_TOKEN', 'change-me-please-change-me', 'preflight.secrets'],
  ]) {
    const { code, steps } = await deploy(stack, ['--only', 'preflight', '--waive-tls', 'a test'], {
      [variable]: value,
    });
    const last = steps.at(-1);
    report.row(
      `npm run deploy with ${variable}=${value}`,
      `stops at ${step}`,
      `exit ${code}: ${last?.name}: ${last?.text}`,
      code === 1 && last?.name === step && last.mark === 'FAIL',
    );
  }
}

/** @param {Stack} stack @param {Report} report */
async function wholeFlow(stack, report) {
  const load = startLoad(stack);
  const { code, steps, output } = await deploy(stack, ['--watch-seconds', WATCH_SECONDS], {
    VECTORLANE_VERSION: 'compose-test-next',
  });
  const { sent, failed, kinds, meaning } = await load.stop();
  for (const { mark, name, text } of steps) report.row(`npm run deploy: ${name}`, 'ok', text, mark !== 'FAIL');
  const images = [];
  for (const name of ['backend', 'backend-2']) images.push((await containerOf(stack, name)).Config.Image);
  report.row(
    'npm run deploy, all steps, with clients at work',
    'exit 0, both backends on the new image, 0 failed requests',
    `exit ${code}, ${images.join(' and ')}, ${failed} of ${sent} failed${failed ? ` (${kinds})` : ''}`,
    code === 0 && failed === 0 && sent > 100 && images.every((image) => image.endsWith(':compose-test-next')),
  );
  report.row(
    'searches by meaning meanwhile, while the one AI worker is recreated',
    '200, or 503 EMBEDDING_UNAVAILABLE while it is away',
    `${meaning.unavailable} of ${meaning.sent} were 503, ${meaning.failed} anything else`,
    meaning.failed === 0,
  );
  if (code !== 0) process.stderr.write(output);
}

/**
 * The new backend freezes while it is watched.
 * @param {Stack} stack
 * @param {Report} report
 */
async function breach(stack, report) {
  let frozen;
  const { code, steps, output } = await deploy(
    stack,
    ['--only', 'build.up,verify,traffic', '--watch-seconds', '120'],
    { VECTORLANE_VERSION: 'compose-test-next' },
    async ({ name }) => {
      if (name !== 'traffic.switch') return;
      frozen = (await containerOf(stack, 'backend-2')).Id;
      await stack.engine.docker(['pause', frozen]);
    },
  );
  const { mark, name, text } = steps.at(-1) ?? {};
  const answer = await stack.call('/api/documents?limit=1');
  const saysWayBack = output.includes('The way back:');
  report.row(
    'npm run deploy, and the new backend freezes after the switch',
    'traffic.watch fails, traffic is back with the old one, the way back is printed',
    `exit ${code}: ${name}: ${text}; then ${answer.status}`,
    code === 1 &&
      name === 'traffic.watch' &&
      mark === 'FAIL' &&
      text?.includes('switched back') === true &&
      answer.status === 200 &&
      saysWayBack,
  );
  if (frozen === undefined) return;
  await stack.engine.docker(['unpause', frozen]);
  /** @param {...string} args */
  const runtime = (...args) =>
    stack.rolling(['exec', '-T', 'proxy', 'bash', '/usr/local/etc/haproxy/runtime.sh', ...args]);
  await runtime('ready', 'backend-2');
  await until('both in rotation', 60_000, async () => ((await runtime('state')).match(/ UP/g) ?? []).length === 2);
}

/** @param {Stack} stack @param {string} service */
async function containerOf(stack, service) {
  const id = (await stack.rolling(['ps', '-q', service])).trim();
  return JSON.parse(await stack.engine.docker(['inspect', id]))[0];
}

/**
 * @param {Stack} stack
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @param {(step: Step) => Promise<void>} [onStep]
 * @param {string[]} [files]
 * @returns {Promise<{ code: number, steps: Step[], output: string }>}
 */
async function deploy(stack, args, env = {}, onStep = async () => {}, files = stack.rollingFiles) {
  const child = spawn(
    process.execPath,
    [
      join(ROOT, 'scripts/deploy.mjs'),
      ...['--env-file', stack.envFile, '--project', stack.project, '--url', stack.url],
      ...files.flatMap((file) => ['--file', file]),
      ...['--backup-dir', join(stack.folder, 'backups'), '--min-free-gb', '1', '--waive-tls', 'a test on one machine'],
      ...args,
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...stack.engine.env, COMPOSE_PROFILES: 'rolling,observability', ...env },
    },
  );
  const closed = once(child, 'close');
  const timer = setTimeout(() => child.kill('SIGKILL'), 1_800_000);
  /** @type {Step[]} */
  const steps = [];
  let output = '';
  for await (const line of createInterface({ input: child.stdout })) {
    output += `${line}\n`;
    const [, mark, name, text] = STEP_LINE.exec(line) ?? [];
    if (name === undefined) continue;
    const step = { mark, name, text };
    steps.push(step);
    await onStep(step);
  }
  const [code] = await closed;
  clearTimeout(timer);
  return { code, steps, output };
}
