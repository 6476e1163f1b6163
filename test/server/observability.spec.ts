import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { read, ROOT } from '../support/compose-file';
import { ruleFile, rulesOf } from '../support/observability-files';
import { onServer } from '../support/test-database';

/**
 * What an operator is given, under the programs it is meant for: configuration and rules under promtool and amtool. Its
 * queries are asked of a real Prometheus in test/chaos.
 */

const PROMTOOL = process.env['TEST_PROMTOOL'] ?? '/usr/bin/promtool';
const AMTOOL = process.env['TEST_AMTOOL'] ?? '/usr/bin/amtool';
const TOKEN = 'a-token-for-the-scraper';

// npm run test:server installs the programs; the files' structure is checked everywhere (test/embedded/stack).
const forServers = onServer ? describe : undefined;

forServers?.('what Prometheus is given', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vectorlane-prometheus-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const tool = (program: string, ...args: string[]): { code: number | null; said: string } => {
    const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 180_000 });
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

  it.each(['', 'https://hooks.slack.com/services/T/B/x', 'https://alerts.example.org/x'])(
    'is sent on by a configuration of Alertmanager that amtool takes, to %j',
    (url) => {
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
    },
  );
});
