/** One scrape, read back: what a dashboard would see of it. */
export class Scrape {
  private constructor(
    readonly text: string,
    /** Value by series, labels in order: `http_requests_total{method="GET",path="/health",status="200"}`. */
    readonly series: ReadonlyMap<string, number>,
  ) {}

  /** @throws Error on a line that is neither a comment nor a sample, and on a series that is there twice */
  static parse(text: string): Scrape {
    const series = new Map<string, number>();
    for (const line of text.split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
      const value = sample?.[3] === 'Nan' ? Number.NaN : Number(sample?.[3]?.replace('Inf', 'Infinity'));
      if (sample === null || (Number.isNaN(value) && sample[3] !== 'Nan')) throw new Error(`Not a sample: ${line}`);
      const labels = [...(sample[2] ?? '').matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/g)]
        .map(([, label, content]) => `${label}="${content}"`)
        .toSorted();
      const key = labels.length === 0 ? sample[1]! : `${sample[1]}{${labels.join(',')}}`;
      if (series.has(key)) throw new Error(`A series is there twice: ${key}`);
      series.set(key, value);
    }
    return new Scrape(text, series);
  }

  /** Undefined where there is no such series. */
  value(series: string): number | undefined {
    return this.series.get(series);
  }

  /** All series of one metric, by what is in the braces. */
  of(name: string): Record<string, number> {
    return Object.fromEntries(
      [...this.series]
        .filter(([key]) => key === name || key.startsWith(`${name}{`))
        .map(([key, value]) => [key.slice(name.length), value]),
    );
  }

  /** What rose since `before`, and by how much; what stayed is left out. */
  since(before: Scrape, isOfInterest: (series: string) => boolean): Record<string, number> {
    return Object.fromEntries(
      [...this.series]
        .filter(([key]) => isOfInterest(key))
        .map(([key, value]) => [key, value - (before.value(key) ?? 0)] as const)
        .filter(([, moved]) => moved !== 0),
    );
  }
}
