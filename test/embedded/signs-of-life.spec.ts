import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { loadConfig } from '@vectorlane/config';
import { showingLife } from '../../apps/api/src/greeting';
import { read, ROOT } from '../support/compose-file';

/** What takes long says every few seconds that it goes on. */

beforeEach(() => jest.useFakeTimers());
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

interface TickerModule {
  startTicker(
    title: string,
    output: { isTerminal: boolean; say: (text: string) => void },
  ): { seconds(): string; stop(): void };
}

const { startTicker } = jest.requireActual<TickerModule>(join(ROOT, 'scripts/bootstrap/ticker.mjs'));

it.each([
  [true, ['Building …', '\rBuilding … 1 s ', '\rBuilding … 2 s ']],
  [false, ['Building …\n', 'Building … 10 s\n', 'Building … 20 s\n']],
])('a step of installing or building (on a terminal: %s)', (isTerminal, wanted) => {
  const said: string[] = [];
  const { stop } = startTicker('Building', { isTerminal, say: (text) => said.push(text) });
  jest.advanceTimersByTime(isTerminal ? 2_000 : 20_000);
  stop();
  jest.advanceTimersByTime(60_000);
  expect(said).toEqual(wanted);
});

it('a start', async () => {
  const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const config = loadConfig({ NODE_ENV: 'development' });
  let up = (): void => undefined;
  const started = showingLife(config, () => new Promise<void>((resolve) => (up = resolve)));
  jest.advanceTimersByTime(7_000);
  expect(said.mock.calls.flat()).toEqual(['Starting … 3 s\n', 'Starting … 6 s\n']);
  up();
  await started;
  jest.advanceTimersByTime(60_000);
  expect(said).toHaveBeenCalledTimes(2);
});

it('npm has no complaint about our configuration, and runs no script of a package at its installation', () => {
  jest.useRealTimers();
  const { PATH = '', HOME = '' } = process.env;
  const ask = ['npm config get ignore-scripts fund audit 2>&1'];
  const said = execFileSync('sh', ['-c', ...ask], { cwd: ROOT, env: { PATH, HOME }, encoding: 'utf8' });
  expect(said.trim().split('\n').toSorted()).toEqual(['audit=false', 'fund=false', 'ignore-scripts=true']);
});

it('`npm install` warns of nothing but packages that would have a newer Node, and none is deprecated', () => {
  jest.useRealTimers();
  const { PATH = '', HOME = '' } = process.env;
  const said = execFileSync('sh', ['-c', 'npm install --dry-run --offline 2>&1'], {
    cwd: ROOT,
    env: { PATH, HOME, npm_config_update_notifier: 'false' },
    encoding: 'utf8',
  });
  expect(said).toContain('up to date');
  const warnings = said.split('\n').filter((line) => /^npm (warn|error)/i.test(line));
  expect(warnings.filter((line) => !line.includes('EBADENGINE'))).toEqual([]);
  // Of these npm says so only when it installs them.
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { deprecated?: string }> };
  expect(Object.keys(packages).length).toBeGreaterThan(500);
  expect(Object.entries(packages).filter(([, { deprecated }]) => deprecated !== undefined)).toEqual([]);
}, 120_000);
