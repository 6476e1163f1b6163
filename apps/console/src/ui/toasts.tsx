import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { ApiError } from '../api/client';
import { Icon } from './icons';

interface Toast {
  readonly key: number;
  readonly text: string;
  readonly isProblem: boolean;
}

const SHOWN_MS = 6_000;
const MOST = 4;
const toasts = signal<readonly Toast[]>([]);
let lastKey = 0;

/** Says what has happened, to eyes and to screen readers; a problem stays until it is closed. */
export function say(text: string, isProblem = false): void {
  lastKey += 1;
  const key = lastKey;
  toasts.value = [...toasts.value, { key, text, isProblem }].slice(-MOST);
  if (!isProblem) setTimeout(() => close(key), SHOWN_MS);
}

/** Does it, and says so where it is refused. @returns whether it was done */
export async function attempt(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    say(error.message, true);
    return false;
  }
}

function close(key: number): void {
  toasts.value = toasts.value.filter((toast) => toast.key !== key);
}

export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ key, text, isProblem }) => (
        <div key={key} class={isProblem ? 'toast toast-problem' : 'toast'}>
          <Icon name={isProblem ? 'warn' : 'check'} />
          <span>{text}</span>
          <button type="button" class="icon-button" aria-label="Close this message" onClick={() => close(key)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
