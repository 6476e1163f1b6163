import { Logger } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { ReadinessMonitor } from './readiness-monitor';
import { ReadinessRegistry } from './readiness-registry';

let registry: ReadinessRegistry;
let monitor: ReadinessMonitor;
let alive: Record<string, boolean>;
const trackError = jest.fn();
const changes: string[] = [];
const log: string[] = [];

const add = (name: string, required?: boolean): void => {
  alive[name] = true;
  registry.register({
    name,
    ...(required !== undefined && { required }),
    check: () => (alive[name] ? Promise.resolve() : Promise.reject(new Error(`${name} is gone`))),
  });
};

beforeEach(() => {
  jest.useFakeTimers();
  trackError.mockClear();
  changes.length = 0;
  log.length = 0;
  const write = (fields: { dependency: string }, message: string): number =>
    log.push(`${fields.dependency}: ${message}`);
  Logger.overrideLogger({ log: write, error: write, warn: write, debug: () => undefined });
  alive = {};
  registry = new ReadinessRegistry();
  registry.onChange((dependency, up) => changes.push(`${dependency} ${up ? 'up' : 'down'}`));
  monitor = new ReadinessMonitor(registry, new HealthIndicatorService(), { trackError });
  add('database');
  add('redis');
});
afterEach(() => {
  monitor.onModuleDestroy();
  Logger.overrideLogger(false);
  jest.useRealTimers();
});

describe('ReadinessMonitor', () => {
  it('tells of a loss and of the return once each, however many probes see them', async () => {
    await monitor.states();
    expect(changes).toEqual(['database up', 'redis up']);
    alive['redis'] = false;
    for (let second = 0; second < 30; second += 1) {
      await jest.advanceTimersByTimeAsync(1_001);
      await Promise.all(Array.from({ length: 10 }, () => monitor.states()));
    }
    expect(log).toEqual(['redis: dependency is down; not ready']);
    expect(trackError.mock.calls).toEqual([['DEPENDENCY_REDIS', { message: 'redis is gone' }]]);
    alive['redis'] = true;
    await jest.advanceTimersByTimeAsync(1_001);
    await Promise.all(Array.from({ length: 10 }, () => monitor.states()));
    expect(log.slice(1)).toEqual(['redis: dependency is up again']);
    expect(changes.slice(2)).toEqual(['redis down', 'redis up']);
    expect(trackError).toHaveBeenCalledTimes(1);
  });

  it('notices a loss when nobody probes', async () => {
    monitor.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(0);
    alive['database'] = false;
    await jest.advanceTimersByTimeAsync(6_000);
    expect(trackError.mock.calls).toEqual([['DEPENDENCY_DATABASE', { message: 'database is gone' }]]);
    expect(changes.at(-1)).toBe('database down');
  });

  it('is silent about what goes away in the drain, and stops looking', async () => {
    monitor.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(0);
    registry.startDraining();
    alive['database'] = false;
    await jest.advanceTimersByTimeAsync(6_000);
    expect((await monitor.states()).get('database')?.up).toBe(false);
    expect(trackError).not.toHaveBeenCalled();
    expect(log).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('tells of a dependency that was never there', async () => {
    alive['database'] = false;
    await monitor.states();
    expect(trackError).toHaveBeenCalledTimes(1);
  });

  it('tells of a loss that the service can do without, in other words', async () => {
    add('helper', false);
    await monitor.states();
    alive['helper'] = false;
    await jest.advanceTimersByTimeAsync(1_001);
    await Promise.all([monitor.states(), monitor.states()]);
    expect(log).toEqual(['helper: dependency is down; the service goes on without it']);
    expect(trackError.mock.calls).toEqual([['DEPENDENCY_HELPER', { message: 'helper is gone' }]]);
    expect(changes.at(-1)).toBe('helper down');
  });

  it('gives what it can do without a minute to start', async () => {
    add('helper', false);
    alive['helper'] = false;
    for (let second = 0; second < 58; second += 1) {
      await monitor.states();
      await jest.advanceTimersByTimeAsync(1_001);
    }
    expect(trackError).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(3_000);
    await monitor.states();
    expect(trackError).toHaveBeenCalledTimes(1);
  });

  it('refuses two indicators of one name', () => {
    expect(() => add('redis')).toThrow('Two readiness indicators are called "redis"');
  });
});
