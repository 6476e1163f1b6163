import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { LabelsOf, LabelDefinition, MetricDefinition } from './metric-definition';
import { METRICS, type MetricKey } from './metrics.definitions';

/**
 * prom-client's metrics as the libraries see them: labels typed by the definitions, none left out, and no label able to
 * grow without a bound, whatever a caller passes.
 */

/** Values an open label may take; the program itself has far fewer. */
const MOST_VALUES = 200;
/** What a value beyond the list, or beyond the bound, is counted under. */
const BEYOND = 'other';

type Labels = Readonly<Record<string, string>>;
type Arguments<L, Rest extends unknown[]> = L extends undefined ? Rest : [labels: L, ...Rest];

export interface CounterInstrument<L> {
  inc(...given: Arguments<L, [by?: number]>): void;
}

export interface HistogramInstrument<L> {
  /** @param value in the unit of the metric's name: seconds */
  observe(...given: Arguments<L, [value: number]>): void;
}

export interface GaugeInstrument<L> {
  set(...given: Arguments<L, [value: number]>): void;
  /** Takes all its series out of the answer: when nothing is known, an old number would be a lie. */
  clear(): void;
}

type InstrumentOf<D extends MetricDefinition> = D['type'] extends 'counter'
  ? CounterInstrument<LabelsOf<D>>
  : D['type'] extends 'histogram'
    ? HistogramInstrument<LabelsOf<D>>
    : GaugeInstrument<LabelsOf<D>>;

/** One instrument per definition, under the definition's key. */
export type Instruments = { readonly [Key in MetricKey]: InstrumentOf<(typeof METRICS)[Key]> };

/** Makes all of them in `registry`. */
export function createInstruments(registry: Registry): Instruments {
  const entries = Object.entries(METRICS).map(([key, definition]) => [key, createInstrument(definition, registry)]);
  return Object.fromEntries(entries) as Instruments;
}

/** Counters and histograms whose labels are closed begin at 0: a rate sees no rise in a series that begins at 1. */
function createInstrument(definition: MetricDefinition, registry: Registry): object {
  const { name, help, type, labels = {}, buckets = [] } = definition;
  const options = { name, help, labelNames: Object.keys(labels), registers: [registry] };
  const split = labelSplitter(labels);
  switch (type) {
    case 'counter': {
      const counter = new Counter(options);
      for (const combination of closedCombinations(labels)) counter.inc(combination, 0);
      return {
        inc: (...given: unknown[]) => {
          const [bounded, by = 1] = split(given);
          counter.inc(bounded, by);
        },
      };
    }
    case 'histogram': {
      const histogram = new Histogram({ ...options, buckets: [...buckets] });
      for (const combination of closedCombinations(labels)) histogram.zero(combination);
      return {
        observe: (...given: unknown[]) => {
          const [bounded, value = Number.NaN] = split(given);
          histogram.observe(bounded, value);
        },
      };
    }
    case 'gauge': {
      const gauge = new Gauge(options);
      const clear = (): void => {
        gauge.reset();
        // Without labels there is one series, which a reset leaves there as a 0.
        if (options.labelNames.length === 0) gauge.remove();
      };
      clear();
      return {
        set: (...given: unknown[]) => {
          const [bounded, value = Number.NaN] = split(given);
          gauge.set(bounded, value);
        },
        clear,
      };
    }
  }
}

/** Takes the labels off the front of the arguments, with every value inside its bound. */
function labelSplitter(
  labels: Readonly<Record<string, LabelDefinition>>,
): (given: unknown[]) => [bounded: Labels, value: number | undefined] {
  const bounds = Object.entries(labels).map(([label, values]) => ({
    label,
    known: new Set(typeof values === 'string' ? [] : values),
    most: typeof values === 'string' ? MOST_VALUES : values.length,
  }));
  if (bounds.length === 0) return ([value]) => [{}, value as number | undefined];
  return ([given, value]) => {
    let bounded = given as Labels;
    for (const { label, known, most } of bounds) {
      const text = String(bounded[label]);
      if (known.has(text)) continue;
      if (known.size < most) known.add(text);
      else bounded = { ...bounded, [label]: BEYOND };
    }
    return [bounded, value as number | undefined];
  };
}

/** Every combination of the labels' values, where all of them are closed; none for a metric without labels. */
function closedCombinations(labels: Readonly<Record<string, LabelDefinition>>): Labels[] {
  if (Object.keys(labels).length === 0) return [];
  return Object.entries(labels).reduce<Labels[]>(
    (combinations, [label, values]) =>
      typeof values === 'string'
        ? []
        : combinations.flatMap((combination) => values.map((value) => ({ ...combination, [label]: value }))),
    [{}],
  );
}
