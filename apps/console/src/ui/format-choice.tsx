import type { JSX } from 'preact';
import { FORMATS } from './formats';

export function FormatChoice(props: {
  /** What is meant where none is chosen. */
  none?: string;
  value: string | undefined;
  onChange: (format: string | undefined) => void;
}): JSX.Element {
  return (
    <label class="choice">
      <span class="unseen">Format</span>
      <select
        class="input"
        value={props.value ?? ''}
        onChange={({ currentTarget: { value } }) => props.onChange(value === '' ? undefined : value)}
      >
        <option value="">{props.none ?? 'all formats'}</option>
        {Object.entries(FORMATS).map(([format, name]) => (
          <option key={format} value={format}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
