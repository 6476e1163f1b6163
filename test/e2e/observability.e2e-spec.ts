import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { read, ROOT } from '../support/compose-file';
import { dashboardQueries, ruleFile, rulesOf } from '../support/observability-files';
import { TestApp, type Untyped } from '../support/test-app';
import { onServer } from '../support/test-database';
import { eventually } from '../support/test-redis';

/**
 * What an operator is given, under the programs it is meant for: the configuration under promtool and amtool, every
 * panel's query and the left-hand side of every rule on a real Prometheus that scrapes the real service at work.
 */

const PROMTOOL = process.env['TEST_PROMTOOL'] ?? '/usr/bin/promtool';
const PROMETHEUS = process.env['TEST_PROMETHEUS'] ?? '/usr/bin/prometheus';
const AMTOOL = process.env['TEST_AMTOOL'] ?? '/usr/bin/amtool';
const TOKEN = 'a-token-for-the-scraper';

// npm run test:server installs the programs; without them the files' structure is still checked (test/integration/stack).
const described = onServer && existsSync(PROMTOOL) && existsSync(PROMETHEUS) ? describe : describe.skip;

described('what Prometheus is given', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vectorlane-prometheus-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const tool = (program: string, ...args: string[]): { code: number | null; said: string } => {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 });
    return { code: status, said: `${stdout}${stderr}` };
  };

  it('is a configuration to promtool', () => {
    const token = join(folder, 'token');
    const config = join(folder, 'prometheus.yml');
    writeFileSync(token, TOKEN);
    const text = read('docker/prometheus/prometheus.yml')
      .replace('/tmp/metrics-token', token)
      .replace('rules/*.yml', join(ROOT, ruleFile));
    writeFileSync(config, text);
    const { code, said } = tool(PROMTOOL, 'check', 'config', config);
    expect({ code, said }).toEqual({
      code: 0,
      said: expect.stringContaining(`${rulesOf(ruleFile).length} rules found`),
    });
  });

  it('has rules that fire when they should and keep still when they should', () => {
    const { code, said } = tool(PROMTOOL, 'test', 'rules', join(ROOT, 'docker/prometheus/rules-tests/vectorlane.yml'));
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining('SUCCESS') });
  }, 90_000);

  (existsSync(AMTOOL) ? it : it.skip).each([
    '',
    'https://hooks.slack.com/services/T/B/x',
    'https://alerts.example.org/x',
  ])('is sent on by a configuration of Alertmanager that amtool takes, to %j', (url) => {
    const target = join(folder, 'alertmanager.yml');
    const { status } = spawnSync('sh', [join(ROOT, 'docker/alertmanager/entry.sh'), 'true'], {
      env: {
        PATH: process.env['PATH'],
        ALERT_WEBHOOK_URL: url,
        ALERTMANAGER_TEMPLATE: join(ROOT, 'docker/alertmanager/alertmanager.yml'),
        ALERTMANAGER_CONFIG: target,
      },
    });
    expect(status).toBe(0);
    expect(readFileSync(target, 'utf8')).toContain('route:');
    const { code, said } = tool(AMTOOL, 'check-config', target);
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining('SUCCESS') });
  });
});

described('every query on a real Prometheus', () => {
  let service: TestApp;
  let prometheus: RealPrometheus;

  beforeAll(async () => {
    service = await TestApp.start({ METRICS_TOKEN: TOKEN });
    prometheus = await RealPrometheus.start(new URL(service.url).host, TOKEN);
    await seed(service);
    // Rates want two scrapes with work in between.
    await eventually(() => prometheus.has('count_over_time(up{job="backend"}[1m]) >= 3'), 60_000);
    await seed(service);
    await eventually(
      () =>
        prometheus.has(
          'rate(documents_processed_total{status="failed"}[1m]) > 0 and on() rate(search_duration_seconds_count{mode="hybrid"}[1m]) > 0',
        ),
      60_000,
    );
  }, 180_000);
  afterAll(async () => {
    await prometheus?.stop();
    await service?.stop();
  }, 60_000);

  const panels = dashboardQueries('prometheus').map(({ where, expr }) => [where, expr] as const);
  const ofOthers = (expr: string): boolean => !expr.includes('job="backend"') && !/^up$|ALERTS/.test(expr);

  it.each(panels.filter(([, expr]) => !ofOthers(expr)))('%s has data', async (_, expr) => {
    expect(await prometheus.query(expr)).not.toEqual([]);
  });

  // The AI worker and the proxy do not run here: their queries are parsed, their names checked elsewhere.
  it.each(panels.filter(([, expr]) => ofOthers(expr)))('%s is understood', async (_, expr) => {
    await expect(prometheus.query(expr)).resolves.toBeDefined();
  });

  it.each(
    rulesOf(ruleFile)
      .filter(({ expr }) => expr.includes('job="backend"') && !expr.startsWith('absent'))
      .map(({ alert, expr }) => [alert, leftSide(expr)] as const),
  )('rule %s compares something', async (_, expr) => {
    expect(await prometheus.query(expr)).not.toEqual([]);
  });

  it('scrapes with the token, and not without', async () => {
    expect(await prometheus.query('up{job="backend"} == 1')).toHaveLength(1);
    const bare = await fetch(`${service.url}/metrics`, { signal: AbortSignal.timeout(10_000) });
    expect(bare.status).toBe(401);
  });
});

/** The rule without its thresholds: what is compared, where nothing is wrong. */
function leftSide(expr: string): string {
  return expr.replaceAll(/\s(>|<|==)\s[\d.]+(\s\*\s\d+)?/g, '');
}

async function seed(service: TestApp): Promise<void> {
  const now = performance.now();
  const good = await service.ingest(`tides-${now}.txt`, `The tide turns twice a day, ${now}. `.repeat(40));
  const bad = await service.ingest(`broken-${now}.json`, `{"half": ${now}`);
  expect([good.status, bad.status]).toEqual(['completed', 'failed']);
  for (const mode of ['hybrid', 'vector', 'keyword']) {
    await service.json('/api/search', { query: 'When does the water rise?', mode });
  }
  await service.json('/api/search', { query: 'xylograph', mode: 'keyword' });
}

class RealPrometheus {
  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
    private readonly folder: string,
  ) {}

  static async start(target: string, token: string): Promise<RealPrometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'vectorlane-prometheus-'));
    writeFileSync(join(folder, 'token'), token);
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: [join(ROOT, ruleFile)],
      scrape_configs: [
        {
          job_name: 'backend',
          authorization: { credentials_file: join(folder, 'token') },
          static_configs: [{ targets: [target] }],
        },
      ],
    };
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config)); // JSON is YAML
    const port = await freePort();
    const child = spawn(
      PROMETHEUS,
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
    const prometheus = new RealPrometheus(child, `http://127.0.0.1:${port}`, folder);
    await eventually(async () => {
      const answer = await fetch(`${prometheus.url}/-/ready`).catch(() => undefined);
      return answer?.status === 200;
    }, 60_000);
    return prometheus;
  }

  /** @throws Error with Prometheus' own words when it does not understand the query */
  async query(expr: string): Promise<Untyped[]> {
    const response = await fetch(`${this.url}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: expr }),
      signal: AbortSignal.timeout(10_000),
    });
    const { status, error, data } = (await response.json()) as Untyped;
    if (status !== 'success') throw new Error(error);
    return data.resultType === 'vector' ? data.result : [data.result];
  }

  async has(expr: string): Promise<boolean> {
    return (await this.query(expr)).length > 0;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
