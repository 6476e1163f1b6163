import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseYaml, read, ROOT } from './compose-file';
import type { Untyped } from './test-app';

/** The files that an operator's Grafana, Prometheus and Loki are given, and the queries in them. */

export interface Query {
  /** Where it stands, for the test's name. */
  readonly where: string;
  readonly expr: string;
}

export const dashboards: Record<string, Untyped> = Object.fromEntries(
  readdirSync(join(ROOT, 'docker/grafana/dashboards')).map((name) => [
    name,
    JSON.parse(read('docker/grafana/dashboards', name)),
  ]),
);

export const panelsOf = (dashboard: Untyped): Untyped[] =>
  dashboard.panels.filter(({ type }: Untyped) => type !== 'row');

/** Every query of every panel for one kind of data source, Grafana's variables filled in: all instances. */
export function dashboardQueries(type: 'prometheus' | 'loki'): Query[] {
  return Object.values(dashboards).flatMap((dashboard) =>
    panelsOf(dashboard).flatMap((panel) =>
      panel.targets
        .filter(({ datasource }: Untyped) => datasource.type === type)
        .map(({ expr }: Untyped, index: number) => ({
          where: `${dashboard.title} / ${panel.title}${index === 0 ? '' : ` (${index + 1})`}`,
          expr: expr.replaceAll('$__rate_interval', '1m').replaceAll('$__auto', '1m').replaceAll('$instance', '.*'),
        })),
    ),
  );
}

export const ruleFile = 'docker/prometheus/rules/vectorlane.yml';

/** @param path of a rule file of Prometheus or Loki */
export const rulesOf = (path: string): Untyped[] => parseYaml(read(path)).groups.flatMap(({ rules }: Untyped) => rules);

/** A rule without its thresholds: what is compared, where nothing is wrong. */
export const leftSide = (expr: string): string =>
  expr.replaceAll(/\s(>|<|==)\s[\d.]+(\s\*\s\d+)?/g, '').replaceAll(/absent\(([^)]*)\)/g, '$1');

/** Names of metrics in a query of PromQL: words that are neither functions, keywords, labels nor inside quotes. */
export function metricsIn(expr: string): string[] {
  const bare = expr
    .replaceAll(/"[^"]*"/g, '""')
    .replaceAll(/\{[^}]*\}/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(by|without|on|ignoring)\s*\([^)]*\)/g, ' ');
  const words = [...bare.matchAll(/[a-zA-Z_:][\w:]*(?!\w*\s*\()/g)].map(([word]) => word);
  return [...new Set(words)].filter((word) => !KEYWORDS.has(word));
}

const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'by', 'without', 'on', 'ignoring']);
