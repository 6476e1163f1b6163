import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseYaml, read, ROOT } from './compose-file';
import { freePort } from './free-port';
import { ruleFile } from './observability-files';
import type { Untyped } from './test-app';
import { eventually } from './eventually';

const PROMETHEUS = process.env['TEST_PROMETHEUS'] ?? '/usr/bin/prometheus';

export interface PrometheusTargets {
  /** Addresses by the job's name in the stack's configuration; jobs that are not named here are left out. */
  readonly jobs: Readonly<Record<string, readonly string[]>>;
  readonly metricsToken: string;
}

/**
 * A real Prometheus under the stack's own configuration: addresses and the pace are changed, jobs and rules are not.
 */
export class Prometheus {
  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
    private readonly folder: string,
  ) {}

  static async start(targets: PrometheusTargets): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'vectorlane-prometheus-'));
    const port = await freePort();
    writeFileSync(join(folder, 'token'), targets.metricsToken);
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(configuration(targets, folder, port))); // JSON is YAML
    const child = spawn(
      PROMETHEUS,
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
    const prometheus = new Prometheus(child, `http://127.0.0.1:${port}`, folder);
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
    const exit = once(this.child, 'exit');
    if (this.child.exitCode === null && this.child.kill('SIGTERM')) await exit;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function configuration({ jobs }: PrometheusTargets, folder: string, port: number): Untyped {
  const config = parseYaml(read('docker/prometheus/prometheus.yml'));
  const known = new Set(config.scrape_configs.map(({ job_name: name }: Untyped) => name));
  const unknown = Object.keys(jobs).filter((name) => !known.has(name));
  if (unknown.length > 0) throw new Error(`docker/prometheus/prometheus.yml has no job ${unknown.join(', ')}`);
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [join(ROOT, ruleFile)],
    scrape_configs: config.scrape_configs.flatMap(({ job_name: name, authorization }: Untyped) => {
      const targets = name === 'prometheus' ? [`127.0.0.1:${port}`] : jobs[name];
      if (targets === undefined) return [];
      return {
        job_name: name,
        ...(authorization && { authorization: { credentials_file: join(folder, 'token') } }),
        static_configs: [{ targets }],
      };
    }),
  };
}
