import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../support/compose-file';
import type { Untyped } from '../../support/test-app';

const script = (name: string): Untyped => jest.requireActual<Untyped>(join(ROOT, 'scripts/deploy', name));
const { runSteps } = script('flow.mjs');
const { StepError } = script('process.mjs');
const { monitoring } = script('verify.mjs');
const { traffic } = script('traffic.mjs');

/** What a step asks of the stack, answered by a stack of two backends and a proxy that exists in these fields alone. */
class FakeCompose {
  readonly states: Record<string, string> = { backend: 'UP', 'backend-2': 'DRAIN' };
  readonly checks: Record<string, string> = { backend: 'L7OK', 'backend-2': 'L7OK' };
  readonly calls: string[] = [];
  readonly requests: Untyped[] = [];
  counters = '0 0';
  answers: Record<string, { status: number; body: string }> = {};

  constructor(private readonly services = ['backend', 'backend-2', 'proxy']) {}

  has = (name: string): Promise<boolean> => Promise.resolve(this.services.includes(name));
  isRunning = this.has;
  line = (...args: string[]): string => `docker compose ${args.join(' ')}`;
  runtimeLine = (...args: string[]): string => `runtime.sh ${args.join(' ')}`;
  config = (): Promise<unknown> =>
    Promise.resolve({
      services: { backend: { environment: { BOOTSTRAP_API_KEY: 'vl_key', METRICS_TOKEN: 'token' } } },
    });
  up = ([name]: string[]): Promise<void> => {
    this.calls.push(`up ${name}`);
    return Promise.resolve();
  };
  runtime = (verb: string, name = ''): Promise<string> => {
    if (verb === 'counters') return Promise.resolve(this.counters);
    if (verb === 'drain' || verb === 'ready') {
      this.calls.push(`${verb} ${name}`);
      this.states[name] = verb === 'drain' ? 'DRAIN' : 'UP';
    }
    const lines = Object.entries(this.states).map(([server, state]) => `${server} ${state} 0 ${this.checks[server]}`);
    return Promise.resolve(lines.join('\n'));
  };
  request = (service: string, request: Untyped): Promise<{ status: number; body: string }> => {
    this.requests.push({ service, ...request });
    const [, answer] = Object.entries(this.answers).find(([part]) => request.url.includes(part)) ?? [];
    return Promise.resolve(answer ?? { status: 200, body: '{}' });
  };
}

const contextOf = (compose: FakeCompose, notes: Untyped = {}): Untyped => ({
  compose,
  notes,
  options: { url: 'http://127.0.0.1:1', watchSeconds: 60, waitSeconds: 1, maxErrorRatio: 0.01 },
  signal: new AbortController().signal,
});

async function run(names: string[], steps: Untyped, context: Untyped): Promise<{ done: boolean; lines: string[] }> {
  const lines: string[] = [];
  const done = await runSteps(names, steps, context, (line: string) => lines.push(line));
  return { done, lines };
}

describe('the flow', () => {
  const fine = (): Promise<string> => Promise.resolve('as it should be');
  const broken = (): Promise<never> => {
    throw new StepError('not as it should be');
  };

  it('says a line for each step, and which did not apply', async () => {
    const { done, lines } = await run(
      ['preflight.cors', 'traffic.switch'],
      { 'preflight.cors': fine, 'traffic.switch': () => Promise.resolve({ skipped: 'one backend' }) },
      contextOf(new FakeCompose()),
    );
    expect(done).toBe(true);
    expect(lines).toEqual([
      expect.stringMatching(/^ok +preflight\.cors +as it should be \[\d+\.\d s\]$/),
      expect.stringMatching(/^– +traffic\.switch +one backend$/),
    ]);
  });

  it.each([
    ['preflight.backup', {}, ['nothing was changed']],
    ['build.images', {}, ['what ran still runs']],
    [
      'build.up',
      { hasPrevious: true },
      ['VECTORLANE_VERSION=previous docker compose up -d --wait --no-build backend ai-worker'],
    ],
    ['build.up', { hasPrevious: false }, ['no program before this one']],
    [
      'verify.ready',
      { hasPrevious: true, serving: 'backend', candidate: 'backend-2' },
      ['backend has the traffic and runs what it ran before', '--no-build backend-2', 'runtime.sh ready backend-2'],
    ],
    [
      'traffic.watch',
      { hasPrevious: true, serving: 'backend', candidate: 'backend-2', switched: true },
      ['runtime.sh ready backend', 'runtime.sh drain backend-2', '--no-build backend-2'],
    ],
    [
      'verify.ready',
      { hasPrevious: true, pending: ['AddColumn9'], dump: '/backups/x.dump' },
      ['AddColumn9', 'pg_restore --clean', '< /backups/x.dump'],
    ],
  ])('stops at %s with %j and tells the way back', async (step, notes, said) => {
    const { done, lines } = await run(
      [step, 'traffic.complete'],
      { [step]: broken, 'traffic.complete': fine },
      contextOf(new FakeCompose(), notes),
    );
    expect(done).toBe(false);
    expect(lines[0]).toMatch(new RegExp(`^FAIL +${step} +not as it should be$`));
    expect(lines.join('\n')).not.toContain('traffic.complete');
    for (const text of said) expect(lines.slice(1).join('\n')).toContain(text);
  });

  it('stops when it is interrupted', async () => {
    const controller = new AbortController();
    controller.abort();
    const { done, lines } = await run(
      ['verify.health'],
      { 'verify.health': fine },
      { ...contextOf(new FakeCompose()), signal: controller.signal },
    );
    expect([done, lines[0]]).toEqual([false, expect.stringContaining('interrupted')]);
  });
});

describe('monitoring', () => {
  it('finds the line of a request in Loki where it runs', async () => {
    const compose = new FakeCompose(['backend', 'loki']);
    compose.answers = { 'loki:3100': { status: 200, body: '{"data":{"result":[{}]}}' } };
    await expect(monitoring['monitoring.logs'](contextOf(compose))).resolves.toContain('is in Loki');
    const [asked, query] = compose.requests;
    const requestId = asked.headers['X-Request-ID'];
    expect(new URL(query.url).searchParams.get('query')).toBe(`{service="backend"} |= "${requestId}"`);
  });

  it.each([
    [
      '{"delivered":true,"host":"hooks.example.org","channel":"json","status":200,"latencyMs":12,"detail":"ok"}',
      200,
      undefined,
    ],
    ['{"delivered":false,"host":null,"detail":"no webhook is set"}', 200, 'no webhook is set. Set ALERT_WEBHOOK_URL'],
    ['{"delivered":false,"host":"hooks.example.org","status":404,"detail":"gone"}', 200, 'hooks.example.org, 404'],
    ['{}', 403, 'VECTORLANE_API_KEY'],
    ['no', 0, 'answered 0'],
  ])('the test alert %s with %i: %s', async (body, status, why) => {
    const compose = new FakeCompose(['backend']);
    compose.answers = { '/api/admin/alerts/test': { status, body } };
    const step = monitoring['monitoring.alert'](contextOf(compose));
    await (why === undefined
      ? expect(step).resolves.toContain('taken by hooks.example.org')
      : expect(step).rejects.toThrow(why));
    expect(compose.requests[0]).toMatchObject({ method: 'POST', headers: { 'X-API-Key': 'vl_key' } });
  });
});

describe('traffic', () => {
  it('lets the new one in before the old one is drained', async () => {
    const compose = new FakeCompose();
    const context = contextOf(compose);
    await traffic['traffic.switch'](context);
    expect(compose.calls).toEqual(['ready backend-2', 'drain backend']);
    expect(context.notes).toMatchObject({ serving: 'backend', candidate: 'backend-2', switched: true });
  });

  it('goes nowhere while the new one is not ready', async () => {
    const compose = new FakeCompose();
    compose.checks['backend-2'] = 'L7STS';
    const controller = new AbortController();
    const step = traffic['traffic.switch']({ ...contextOf(compose), signal: controller.signal });
    controller.abort();
    await expect(step).rejects.toThrow();
    expect(compose.calls).toEqual([]);
    expect(compose.states).toEqual({ backend: 'UP', 'backend-2': 'DRAIN' });
  });

  it('switches back on a breach, the old one first', async () => {
    const compose = new FakeCompose();
    const context = contextOf(compose);
    await traffic['traffic.switch'](context);
    compose.calls.length = 0;
    // Nobody listens on the address: /ready fails.
    await expect(traffic['traffic.watch'](context)).rejects.toThrow(
      '/ready failed 2 times in a row; switched back: backend has the traffic',
    );
    expect(compose.calls).toEqual(['ready backend', 'drain backend-2']);
  });

  it('recreates the old one once it serves nobody, and lets it in', async () => {
    const compose = new FakeCompose();
    const context = contextOf(compose);
    await traffic['traffic.switch'](context);
    compose.calls.length = 0;
    await traffic['traffic.complete'](context);
    expect(compose.calls).toEqual(['drain backend', 'up backend', 'ready backend']);
    expect(compose.states).toEqual({ backend: 'UP', 'backend-2': 'UP' });
  });

  it('of an earlier run is completed by one of its own', async () => {
    const compose = new FakeCompose();
    Object.assign(compose.states, { backend: 'DRAIN', 'backend-2': 'UP' });
    await traffic['traffic.complete'](contextOf(compose));
    expect(compose.calls).toEqual(['drain backend', 'up backend', 'ready backend']);
  });

  it('has nothing to switch with one backend', async () => {
    const context = contextOf(new FakeCompose(['backend']));
    expect(await traffic['traffic.switch'](context)).toHaveProperty('skipped');
    expect(await traffic['traffic.complete'](context)).toHaveProperty('skipped');
  });
});

describe('the command', () => {
  const deploy = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [join(ROOT, 'scripts/deploy.mjs'), ...args], { encoding: 'utf8', timeout: 20_000 });

  it('explains itself, and takes no word that it does not know', () => {
    expect(deploy('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('traffic.switch') });
    expect(deploy('--only', 'everything')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('there is no step'),
    });
  });
});
