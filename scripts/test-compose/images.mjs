// The images that the stack stands on: from their registry where it is reached, else stand-ins (private engine alone:
// on an engine that others use, an image under somebody else's name would be a trap).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../bootstrap.mjs';
import { makeStandIns } from './stand-ins.mjs';

const OURS = /^vectorlane\//;

/** Every image that the compose file or a Dockerfile names, by the file's own words. */
function baseImages() {
  /** @param {...string} parts */
  const text = (...parts) => readFileSync(join(ROOT, ...parts), 'utf8');
  const named = [...text('docker-compose.yml').matchAll(/^ +image: (?:\$\{\w+:-)?([^\s}]+)\}?$/gm)].map(
    ([, image]) => image,
  );
  for (const file of ['backend', 'ai-worker']) {
    named.push(
      ...[...text('docker', `${file}.Dockerfile`).matchAll(/^ARG \w+_IMAGE=(\S+)$/gm)].map(([, image]) => image),
    );
  }
  return [...new Set(named)].filter((image) => !OURS.test(image));
}

/**
 * @returns {Promise<Set<string> | undefined>} what there is; undefined when the stack cannot be run with it
 * @param {import('./engine.mjs').Engine} engine
 * @param {string} folder
 * @param {import('./report.mjs').Report} report
 */
export async function provideImages(engine, folder, report) {
  const wanted = baseImages();
  const present = new Set();
  const [first] = wanted;
  const reachable = (await engine.attempt(['pull', '--quiet', first], { timeoutMs: 180_000 })).code === 0;
  if (reachable) {
    for (const image of wanted) {
      const { code, output } = await engine.attempt(['pull', '--quiet', image], { timeoutMs: 600_000 });
      if (code === 0) present.add(image);
      report.image(image, code === 0 ? 'from its registry' : `missing: ${output.trim().split('\n').at(-1)}`);
    }
    return present;
  }
  if (!engine.isPrivate) {
    process.stdout.write('Skipped: no image registry is reached, and stand-ins are made in a private engine alone.\n');
    return undefined;
  }
  const made = await makeStandIns(engine, wanted, folder);
  for (const image of wanted) {
    const what = made.get(image);
    if (what !== undefined) present.add(image);
    report.image(
      image,
      what === undefined ? 'not to be had here: its configuration is checked, it does not run' : `stand-in: ${what}`,
    );
  }
  return present;
}
