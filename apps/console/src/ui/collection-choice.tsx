import type { JSX } from 'preact';
import { request } from '../api/client';
import type { CollectionPage } from '../api/types';
import { useServer } from './use-server';

/** A collection, of those the key may see; without `onAll` there is always one. */
export function CollectionChoice(props: {
  label: string;
  value: string | undefined;
  onChange: (name: string | undefined) => void;
  withAll?: boolean;
}): JSX.Element | null {
  const { data } = useServer('collections', (signal) =>
    request<CollectionPage>('/api/collections?limit=100', { signal }),
  );
  const names = (data?.items ?? []).map(({ name }) => name);
  // With one there is nothing to choose.
  if (names.length < 2 && (props.value === undefined || props.value === 'default')) return null;
  const shown = props.value === undefined || names.includes(props.value) ? names : [props.value, ...names];
  return (
    <label class="choice">
      <span>{props.label}</span>
      <select
        class="input"
        value={props.value ?? ''}
        onChange={({ currentTarget: { value } }) => props.onChange(value === '' ? undefined : value)}
      >
        {props.withAll === true && <option value="">all collections</option>}
        {shown.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
