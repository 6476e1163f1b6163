import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS } from '@vectorlane/metrics';
import { parseYaml, read, renderCompose, ROOT } from '../../support/compose-file';
import {
  dashboardQueries,
  dashboards,
  metricsIn,
  panelsOf,
  ruleFile,
  rulesOf,
} from '../../support/observability-files';
import type { Untyped } from '../../support/test-app';

const SECRETS = ['POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'AI_WORKER_TOKEN', 'METRICS_TOKEN', 'BOOTSTRAP_API_KEY'];
const { services } = renderCompose(
  Object.fromEntries([...SECRETS, 'GRAFANA_ADMIN_PASSWORD'].map((name) => [name, 'x'])),
);
const prometheus = parseYaml(read('docker/prometheus/prometheus.yml'));
const rules = rulesOf(ruleFile);
const logRules = rulesOf('docker/loki/rules/fake/vectorlane.yml');
const grafanaRules = parseYaml(read('docker/grafana/provisioning/alerting/watch-the-watchers.yml')).groups.flatMap(
  (group: Untyped) => group.rules,
);
/** `TargetDown` → `target-down.md`. */
const pageOf = (rule: string): string => `${rule.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}.md`;
const mounts = (name: string): string[] =>
  services[name].volumes.filter((volume: unknown) => typeof volume === 'string');

describe('Prometheus', () => {
  const job = (name: string): Untyped => prometheus.scrape_configs.find((config: Untyped) => config.job_name === name);

  it('scrapes every backend with the token, the AI worker and itself', () => {
    expect(job('backend')).toMatchObject({
      authorization: { credentials_file: '/tmp/metrics-token' },
      dns_sd_configs: [{ names: ['backends'], type: 'A', port: 3000 }],
    });
    for (const name of ['backend', 'backend-2'])
      expect(services[name].networks.monitoring).toEqual({ aliases: ['backends'] });
    expect(read('docker/prometheus/entry.sh')).toContain('"$METRICS_TOKEN" > /tmp/metrics-token');
    expect(job('ai-worker').dns_sd_configs).toEqual([expect.objectContaining({ names: ['ai-worker'], port: 8000 })]);
    expect(job('prometheus').static_configs).toEqual([{ targets: ['127.0.0.1:9090'] }]);
  });

  it('is given its rules, and tells Alertmanager', () => {
    expect(prometheus.rule_files).toEqual(['rules/*.yml']);
    expect(mounts('prometheus')).toContain('./docker/prometheus:/etc/prometheus:ro');
    expect(prometheus.alerting.alertmanagers[0].static_configs).toEqual([{ targets: ['alertmanager:9093'] }]);
  });

  it('has every rule that an operator needs', () => {
    expect(rules.map(({ alert }) => alert)).toEqual(
      expect.arrayContaining([
        ...['TargetDown', 'DependencyDown', 'HighErrorRateFast', 'HighErrorRateSlow', 'HighLatency'],
        ...['QueueOld', 'DocumentsUnfinished', 'DocumentsFailing', 'EventLoopLag', 'AlertsFailed'],
      ]),
    );
  });

  it('tests each rule for firing and for keeping still', () => {
    const cases = parseYaml(read('docker/prometheus/rules-tests/vectorlane.yml')).tests;
    expect(cases.map(({ name }: Untyped) => name).toSorted()).toEqual(
      rules.flatMap(({ alert }) => [`${alert} fires`, `${alert} keeps still`]).toSorted(),
    );
    for (const { name, input_series: input, promql_expr_test: asked } of cases) {
      const [alert, ...what] = name.split(' ');
      const firing = `ALERTS{alertname="${alert}",alertstate="firing"`;
      // The rule itself is asked, on its own metrics, after its `for`, and the answer is the one that its name
      // promises.
      expect({ name, expr: asked[0].expr }).toEqual({ name, expr: expect.stringContaining(firing) });
      expect(asked[0].exp_samples).toEqual([{ labels: '{}', value: what.join(' ') === 'fires' ? 1 : 0 }]);
      const { expr, for: pending } = rules.find((rule) => rule.alert === alert);
      for (const { series } of input) expect(metricsIn(expr)).toContain(series.split('{')[0]);
      expect(parseInt(asked[0].eval_time)).toBeGreaterThan(parseInt(pending));
    }
  });
});

describe('every alert rule', () => {
  const all = [
    ...rules.map((rule) => ({ ...rule, name: rule.alert })),
    ...logRules.map((rule) => ({ ...rule, name: rule.alert })),
    ...grafanaRules.map((rule: Untyped) => ({ ...rule, name: rule.title })),
  ];

  it.each(all.map((rule) => [rule.name, rule] as const))(
    '%s says how bad it is, what it is and what to do',
    (name, rule) => {
      expect(['critical', 'warning']).toContain(rule.labels.severity);
      expect(rule.annotations.summary).toBeTruthy();
      expect(rule.annotations.runbook_url).toBe(`docs/runbooks/${pageOf(name)}`);
      const [title, ...sections] = read('docs/runbooks', pageOf(name)).split('\n## ');
      expect(title?.trim()).toBe(`# ${name}`);
      expect(sections.map((section) => /^(.+)\n\n\S/.exec(section)?.[1])).toEqual([
        ...['What it means', 'Where to look', 'What to do', 'When to stop worrying'],
      ]);
    },
  );

  it('has a page, and no page is without its rule', () => {
    const pages = all.map(({ name }) => pageOf(name)).toSorted();
    const files = readdirSync(join(ROOT, 'docs/runbooks')).filter((file) => file !== 'README.md');
    expect(files.toSorted()).toEqual(pages);
    const listed = [...read('docs/runbooks/README.md').matchAll(/^- \[\w+\]\((.+)\)$/gm)].map(([, page]) => page);
    expect(listed.toSorted()).toEqual(pages);
  });

  it('links only to pages that there are', () => {
    for (const page of readdirSync(join(ROOT, 'docs/runbooks'))) {
      const links = [...read('docs/runbooks', page).matchAll(/\]\(([^)#]+)(#[^)]+)?\)/g)].map(([, link = '']) => link);
      for (const link of links)
        expect({ page, link, there: existsSync(join(ROOT, 'docs/runbooks', link)) }).toEqual({
          page,
          link,
          there: true,
        });
    }
  });
});

describe('every query', () => {
  const ours = new Set<string>(
    Object.values(METRICS).flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
  const aiWorker = read('apps/ai-worker/src/vectorlane_ai_worker/metrics.py');
  const isKnown = (name: string): boolean =>
    ours.has(name) || /^(up|ALERTS|process_\w+|nodejs_\w+|haproxy_\w+)$/.test(name) || aiWorker.includes(`"${name}"`);

  it.each([
    ...dashboardQueries('prometheus').map(({ where, expr }) => [where, expr]),
    ...rules.map(({ alert, expr }) => [`rule ${alert}`, expr]),
  ])('%s asks for metrics that there are', (_, expr) => {
    const names = metricsIn(expr);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !isKnown(name))).toEqual([]);
  });
});

describe('Grafana', () => {
  const sources = parseYaml(read('docker/grafana/provisioning/datasources/datasources.yml')).datasources as Untyped[];

  it('is given its data sources, dashboards and alert rules', () => {
    expect(Object.fromEntries(sources.map(({ uid, url }) => [uid, url]))).toEqual({
      prometheus: 'http://prometheus:9090',
      loki: 'http://loki:3100',
      alertmanager: 'http://alertmanager:9093',
    });
    const [provider] = parseYaml(read('docker/grafana/provisioning/dashboards/dashboards.yml')).providers;
    expect(mounts('grafana')).toEqual(
      expect.arrayContaining([
        './docker/grafana/provisioning:/etc/grafana/provisioning:ro',
        `./docker/grafana/dashboards:${provider.options.path}:ro`,
      ]),
    );
    for (const { data } of grafanaRules) {
      for (const { datasourceUid } of data) expect(['prometheus', 'loki', '__expr__']).toContain(datasourceUid);
    }
    expect(services.grafana.environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBe(
      `${provider.options.path}/overview.json`,
    );
  });

  it.each(Object.entries(dashboards))('%s is a dashboard that Grafana can place', (_, dashboard) => {
    expect(dashboard).toMatchObject({
      uid: expect.stringMatching(/^vectorlane-/),
      title: expect.any(String),
      schemaVersion: expect.any(Number),
    });
    expect(dashboard).not.toHaveProperty('id');
    const ids = dashboard.panels.map(({ id }: Untyped) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const taken = new Set<string>();
    for (const { gridPos, title } of dashboard.panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect({ title, overlaps: taken.has(`${x},${y}`) }).toEqual({ title, overlaps: false });
          taken.add(`${x},${y}`);
        }
      }
    }
    const uids = new Set(sources.map(({ uid }) => uid));
    const variables: Untyped[] = dashboard.templating.list;
    const chosen = variables.find(({ name }) => name === 'datasource')?.current.value;
    for (const panel of panelsOf(dashboard)) {
      expect(panel.description).toBeTruthy();
      expect(panel.targets.length).toBeGreaterThan(0);
      for (const { datasource, expr } of panel.targets) {
        expect(uids.has(datasource.uid === '${datasource}' ? chosen : datasource.uid)).toBe(true);
        expect(expr).toBeTruthy();
      }
    }
  });

  it('lets one choose the Prometheus and the instances on every dashboard of metrics', () => {
    const ofMetrics = Object.values(dashboards).filter((dashboard) =>
      panelsOf(dashboard).some(({ datasource }) => datasource.type === 'prometheus'),
    );
    expect(ofMetrics.length).toBeGreaterThanOrEqual(3);
    for (const dashboard of ofMetrics) {
      const { list } = dashboard.templating;
      expect(list[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
      expect(list[1]).toMatchObject({ name: 'instance', includeAll: true, allValue: '.*' });
      for (const { targets } of panelsOf(dashboard)) {
        for (const { datasource, expr } of targets) {
          expect(datasource.uid).toBe('${datasource}');
          // What the processes say is asked of the chosen instances alone.
          for (const [selector] of expr.matchAll(/\{job=~?"(backend|ai-worker)[^}]*\}/g)) {
            expect(selector).toContain('instance=~"$instance"');
          }
        }
      }
    }
  });

  it('shows on one page whether it is up, is fast, and gets work done', () => {
    const titles = panelsOf(dashboards['overview.json']).map(({ title }) => title);
    for (const title of [
      ...[
        'Targets',
        'Dependencies',
        'Firing alerts',
        'Requests by route',
        'Errors',
        'Latency',
        'Queue',
        'Oldest waiting job',
      ],
      ...['Stages, p95', 'Embedding', 'Search, p95', 'Searches without a result', 'Database pool', 'Memory'],
      ...['Event-loop lag, p99', 'Alerts sent in 24 h'],
    ])
      expect(titles).toContain(title);
  });

  it('finds the lines of a request by its id', () => {
    const logs = dashboards['logs.json'];
    expect(logs.templating.list.map(({ name }: Untyped) => name)).toContain('requestId');
    const panel = panelsOf(logs).find(({ title }) => title === 'Lines of this request');
    expect([panel.type, panel.targets[0].expr]).toEqual(['logs', expect.stringContaining('|= `$requestId`')]);
    const [{ url }] = sources.find(({ uid }) => uid === 'loki')!.jsonData.derivedFields;
    expect(url).toContain(`/d/${logs.uid}?var-requestId=`);
  });
});

describe('logs', () => {
  const alloy = read('docker/alloy/config.alloy');

  it('are shipped from Docker’s files, with the names that the stack has written beside them', () => {
    expect(mounts('alloy')).toContain('/var/lib/docker/containers:/var/log/containers:ro');
    expect(alloy).toContain('"/var/log/containers/*/*-json.log"');
    for (const [name, service] of Object.entries<Untyped>(services)) {
      const labels = service.logging.options.labels.split(',');
      for (const label of ['com.docker.compose.project', 'com.docker.compose.service']) {
        expect({ name, labels }).toEqual({ name, labels: expect.arrayContaining([label]) });
        expect(alloy).toContain(`attrs.\\"${label}\\"`);
      }
    }
    expect(alloy).toContain('url = "http://loki:3100/loki/api/v1/push"');
    expect(alloy.split('{').length).toBe(alloy.split('}').length);
  });

  it('carry as labels only what has few values', () => {
    const labels = [...alloy.matchAll(/stage\.labels \{\s*values = \{([^}]*)\}/g)].flatMap(([, inside = '']) =>
      [...inside.matchAll(/(\w+) =/g)].map(([, name]) => name),
    );
    expect(labels.toSorted()).toEqual(['level', 'project', 'service', 'stream']);
  });

  it('raise one alert of their own, to the same Alertmanager', () => {
    const loki = parseYaml(read('docker/loki/loki.yml'));
    expect(loki.ruler).toMatchObject({
      alertmanager_url: 'http://alertmanager:9093',
      storage: { type: 'local', local: { directory: '/etc/loki/rules' } },
    });
    expect(mounts('loki')).toContain('./docker/loki:/etc/loki:ro');
    // Without authentication there is one tenant, of this name.
    expect([loki.auth_enabled, readdirSync(join(ROOT, 'docker/loki/rules'))]).toEqual([false, ['fake']]);
    expect(logRules).toHaveLength(1);
    expect(logRules[0].expr).toMatch(/count_over_time\(\{.*level="fatal"\} \[5m\]\)/);
  });
});

describe('Alertmanager', () => {
  it('knows the generic channel, Slack and Discord, each telling when it is over', () => {
    const { route, receivers } = parseYaml(read('docker/alertmanager/alertmanager.yml'));
    expect(route.receiver).toBe('none');
    expect(receivers.map(({ name }: Untyped) => name)).toEqual(['none', 'json', 'slack', 'discord']);
    for (const { name, ...channels } of receivers.slice(1)) {
      const [[channel]] = Object.values<Untyped[]>(channels) as [Untyped[]];
      expect({ name, resolved: channel.send_resolved }).toEqual({ name, resolved: true });
    }
  });
});

it('every file that a service mounts is there', () => {
  for (const service of Object.values<Untyped>(services)) {
    for (const volume of service.volumes ?? []) {
      const source = typeof volume === 'string' ? volume.split(':')[0]! : volume.source;
      if (source.startsWith('./'))
        expect({ source, there: existsSync(join(ROOT, source)) }).toEqual({ source, there: true });
    }
  }
});
