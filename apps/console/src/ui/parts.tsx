import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../api/client';
import type { Document, Status } from '../api/types';
import { ago, moment, percent } from './format';
import { Icon, type IconName } from './icons';

/** The head of a view: what it is, and what can be done here. */
export function Head({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  useEffect(() => {
    document.title = `${title} · Vectorlane`;
  }, [title]);
  return (
    <header class="head">
      <h1>{title}</h1>
      {children !== undefined && <div class="head-actions">{children}</div>}
    </header>
  );
}

/** Nothing here yet: why, and what to do. */
export function Empty(props: { icon: IconName; title: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={props.icon} />
      </span>
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}

export function Failed({ error, onRetry }: { error: ApiError; onRetry?: () => void }): JSX.Element {
  return (
    <div class="notice notice-problem" role="alert">
      <Icon name="warn" />
      <div>
        <strong>{error.message}</strong>
        <p class="quiet">
          {error.status === 0 ? 'It is asked again by itself.' : error.code}
          {error.requestId !== undefined && <> · request {error.requestId}</>}
        </p>
      </div>
      {onRetry !== undefined && (
        <button type="button" class="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Grey lines where text will be. */
export function Loading({ lines = 4 }: { lines?: number }): JSX.Element {
  return (
    <div class="loading" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} class="bone" />
      ))}
    </div>
  );
}

const STATUS_WORDS: Readonly<Record<Status, string>> = {
  pending: 'Waiting',
  processing: 'In work',
  completed: 'Ready',
  failed: 'Failed',
};

export function StatusChip({ document }: { document: Pick<Document, 'status' | 'stage' | 'percent' | 'waitingFor'> }) {
  const { status, stage, percent: done, waitingFor } = document;
  const isMoving = status === 'processing' && stage !== 'queued';
  return (
    <span class={`chip chip-${status}`}>
      <span class="chip-dot" aria-hidden="true" />
      {STATUS_WORDS[status]}
      {isMoving && ` · ${stage} ${percent(done / 100)}`}
      {status === 'pending' && waitingFor !== undefined && ` for ${waitingFor.dependency}`}
    </span>
  );
}

export function Age({ of }: { of: string }): JSX.Element {
  return (
    <time dateTime={of} title={moment(of)}>
      {ago(of)}
    </time>
  );
}

export function Progress({ value, label }: { value: number; label: string }): JSX.Element {
  return <progress class="progress" value={value} max={1} aria-label={label} />;
}

/** How much of the whole, beside the number itself. */
export function Bar({ value }: { value: number }): JSX.Element {
  return (
    <span class="bar" aria-hidden="true">
      <span style={{ width: `${Math.min(1, Math.max(0, value)) * 100}%` }} />
    </span>
  );
}

/** One of few, all in view. */
export function Segments<T extends string>(props: {
  label: string;
  value: T;
  options: readonly { readonly value: T; readonly label: string }[];
  onChange: (value: T) => void;
}): JSX.Element {
  const name = useId();
  return (
    <fieldset class="segments">
      <legend class="unseen">{props.label}</legend>
      {props.options.map(({ value, label }) => (
        <label key={value}>
          <input
            type="radio"
            name={name}
            value={value}
            checked={value === props.value}
            onChange={() => props.onChange(value)}
          />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}

export function Field(props: { label: string; hint?: string; children: ComponentChildren }): JSX.Element {
  return (
    <label class="field">
      <span class="field-label">{props.label}</span>
      {props.children}
      {props.hint !== undefined && <span class="field-hint">{props.hint}</span>}
    </label>
  );
}

export function CopyButton({ text, label = 'Copy' }: { text: string; label?: string }): JSX.Element {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = (): void => {
    void copyText(text).then(setCopied);
  };
  return (
    <button type="button" class="button button-small" onClick={copy}>
      <Icon name={isCopied ? 'check' : 'copy'} />
      <span aria-live="polite">{isCopied ? 'Copied' : label}</span>
    </button>
  );
}

/** The clipboard is there on a secure page alone; a service in one's own network often is none. */
async function copyText(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return true;
  }
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  return isCopied;
}

/** The browser's own dialog: it keeps the focus inside, and Escape closes it. */
export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={title} onClose={props.onClose}>
      <header class="dialog-head">
        <h2 id={title}>{props.title}</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </header>
      {props.children}
    </dialog>
  );
}

/** Asks before something is gone for good, or takes long. */
export function Confirm(props: {
  title: string;
  action: string;
  isHarmless?: boolean;
  onConfirm: () => Promise<void> | void;
  onClose: () => void;
  children: ComponentChildren;
}): JSX.Element {
  const [isBusy, setBusy] = useState(false);
  const confirm = async (): Promise<void> => {
    setBusy(true);
    await props.onConfirm();
    props.onClose();
  };
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <div class="dialog-body">{props.children}</div>
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={props.onClose}>
          Cancel
        </button>
        <button
          type="button"
          class={`button ${props.isHarmless === true ? 'button-primary' : 'button-danger'}`}
          disabled={isBusy}
          onClick={() => void confirm()}
        >
          {props.action}
        </button>
      </footer>
    </Dialog>
  );
}

/** What the server tells once: it stays until somebody has taken it. */
export function Secret(props: {
  title: string;
  secret: string;
  label: string;
  note?: string | undefined;
  onClose: () => void;
}): JSX.Element {
  const { title, secret, label, note, onClose } = props;
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="dialog-body">
        <p>It is shown this once, and cannot be read again. {note}</p>
        <div class="secret">
          <code>{secret}</code>
          <CopyButton text={secret} label={label} />
        </div>
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button button-primary" onClick={onClose}>
          I have it
        </button>
      </footer>
    </Dialog>
  );
}
