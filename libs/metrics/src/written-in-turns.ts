import { setImmediate } from 'node:timers/promises';
import type { Registry } from 'prom-client';

/** Values written in one turn of the event loop: about a millisecond. */
const AT_ONCE = 250;

/** A metric as prom-client reads it: histograms have a form for this purpose alone, which shares labels. */
interface Readable {
  get(): Promise<Told>;
  getForPromString?(): Promise<Told>;
}

interface Told {
  readonly values?: readonly unknown[];
}

/** What prom-client's types leave out: its own way to write one metric. */
interface Writes {
  getMetricsAsString(metric: Pick<Readable, 'get'>): Promise<string>;
}

/**
 * All metrics of a registry, as `registry.metrics()` writes them, which writes thousands of series in one turn of the
 * event loop and keeps every request waiting. Here others have their turn between a few hundred values. The values of
 * one metric are of one moment.
 */
export async function writtenInTurns(registry: Registry): Promise<string> {
  const writer = registry as unknown as Writes;
  const texts: string[] = [];
  let left = AT_ONCE;
  for (const metric of registry.getMetricsAsArray() as unknown as readonly Readable[]) {
    const told = await (metric.getForPromString?.() ?? metric.get());
    const values = told.values ?? [];
    const lines: string[] = [];
    let from = 0;
    do {
      const part = values.slice(from, from + left);
      const text = await writer.getMetricsAsString({ get: () => Promise.resolve({ ...told, values: part }) });
      lines.push(from === 0 ? text : withoutHead(text));
      from += part.length;
      left -= part.length + 1;
      if (left <= 0) {
        left = AT_ONCE;
        await setImmediate();
      }
    } while (from < values.length);
    texts.push(lines.join('\n'));
  }
  return `${texts.join('\n\n')}\n`;
}

/** Each part of a metric begins with its help and its type. */
function withoutHead(text: string): string {
  return text.slice(text.indexOf('\n', text.indexOf('\n') + 1) + 1);
}
