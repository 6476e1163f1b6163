import type { JSX } from 'preact';
import { request } from '../api/client';
import type { CollectionPage } from '../api/types';
import { useServer } from './use-server';

/** Any of few, all in view. */
export function Checks<T extends string>(props: {
  legend: string;
  options: readonly { readonly value: T; readonly label: string }[];
  chosen: readonly T[];
  onChange: (chosen: readonly T[]) => void;
}): JSX.Element {
  const { legend, options, chosen, onChange } = props;
  const toggle = (value: T): void =>
    onChange(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value]);
  return (
    <fieldset class="checks">
      <legend class="field-label">{legend}</legend>
      {options.map(({ value, label }) => (
        <label key={value}>
          <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

/** Collections, of those the key may see. */
export function CollectionChecks(props: {
  legend: string;
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
}): JSX.Element | null {
  const { data } = useServer('collections', (signal) =>
    request<CollectionPage>('/api/collections?limit=100', { signal }),
  );
  // One that is chosen already can be taken away wherever it stands in the list.
  const names = [...new Set([...props.chosen, ...(data?.items ?? []).map(({ name }) => name)])];
  if (names.length === 0) return null;
  return <Checks {...props} options={names.map((name) => ({ value: name, label: name }))} />;
}
