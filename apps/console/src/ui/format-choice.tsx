import type { JSX } from 'preact';
import { FORMATS } from './formats';

export function FormatChoice(props: {
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
        <option value="">all formats</option>
        {Object.entries(FORMATS).map(([format, name]) => (
          <option key={format} value={format}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
