import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client';
import { writtenInTurns } from './written-in-turns';

const filled = (series: number): Registry => {
  const registry = new Registry();
  const registers = [registry];
  const labelNames = ['path', 'odd'];
  new Counter({ name: 'none_total', help: 'Nothing\nyet, "quoted" \\ back', labelNames, registers });
  const counter = new Counter({ name: 'many_total', help: 'Many', labelNames, registers });
  const gauge = new Gauge({ name: 'plain', help: 'One', registers });
  const histogram = new Histogram({ name: 'took_seconds', help: 'Took', labelNames, buckets: [0.1, 1, 5], registers });
  const summary = new Summary({ name: 'sizes', help: 'Sizes', labelNames, registers });
  gauge.set(Number.POSITIVE_INFINITY);
  for (let at = 0; at < series; at += 1) {
    const labels = { path: `/p/${at}\n"\\`, odd: String(at % 2) };
    counter.inc(labels, at);
    histogram.observe(labels, at / 10);
    summary.observe(labels, at);
  }
  new Gauge({
    name: 'last',
    help: 'Read when asked',
    registers,
    collect() {
      this.set(series);
    },
  });
  return registry;
};

it.each([0, 1, 249, 250, 251, 1_000])('writes %i series as prom-client does', async (series) => {
  const registry = filled(series);
  expect(await writtenInTurns(registry)).toBe(await registry.metrics());
});

it('gives others their turn while it writes', async () => {
  const registry = filled(1_000);
  let turns = 0;
  let isDone = false;
  const turn = (): void => {
    turns += 1;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await writtenInTurns(registry);
  isDone = true;
  // 1,000 + 1,000 × 6 + 1,000 × 9 values, 250 in a turn.
  expect(turns).toBeGreaterThan(50);
});
