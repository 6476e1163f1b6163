import { useLocation } from 'preact-iso';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { isReachable } from './api/client';
import { filesOf } from './api/dropped';
import { follow, liveness } from './api/events';
import { isUnbound, may, signOut } from './api/session';
import type { Session } from './api/types';
import { isUnderWay, upload, uploads } from './api/uploads';
import { counted } from './ui/format';
import { Icon, type IconName, Wordmark } from './ui/icons';
import { attempt, Toasts } from './ui/toasts';
import { targetCollection } from './ui/upload-panel';

interface Place {
  readonly path: string;
  readonly name: string;
  readonly icon: IconName;
  readonly isShown?: () => boolean;
}

const PLACES: readonly Place[] = [
  { path: '/console/', name: 'Ask', icon: 'ask' },
  { path: '/console/documents', name: 'Documents', icon: 'documents' },
  { path: '/console/live', name: 'Live', icon: 'live' },
  { path: '/console/collections', name: 'Collections', icon: 'collections' },
  { path: '/console/keys', name: 'Keys', icon: 'keys', isShown: () => may('admin') && isUnbound() },
  { path: '/console/webhooks', name: 'Webhooks', icon: 'webhooks', isShown: () => may('admin') && isUnbound() },
  { path: '/console/start', name: 'Get started', icon: 'start' },
];

/** What stands around every view: where one is, who one is, what is on its way, and that files can be dropped. */
export function Shell({ session, children }: { session: Session; children: ComponentChildren }): JSX.Element {
  const { path } = useLocation();
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    const gone = new AbortController();
    void follow(gone.signal);
    return () => gone.abort();
  }, []);
  // What has not been sent goes with the page: the browser asks before it does.
  const isSending = uploads.value.some(({ state }) => state === 'waiting' || state === 'sending');
  useEffect(() => {
    if (!isSending) return;
    const ask = (event: Event): void => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [isSending]);
  // A screen reader hears of the new view, and the next Tab is in it.
  useEffect(() => {
    if (isFirst.current) isFirst.current = false;
    else main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [path]);
  return (
    <div class="shell">
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the content
      </a>
      <aside class="side">
        <a class="home" href="/console/" aria-label="Vectorlane, ask">
          <Wordmark />
        </a>
        <nav class="places" aria-label="Console">
          {PLACES.filter(({ isShown }) => isShown?.() ?? true).map((place) => (
            <a key={place.path} href={place.path} aria-current={isAt(path, place.path) ? 'page' : undefined}>
              <Icon name={place.icon} />
              <span>{place.name}</span>
            </a>
          ))}
        </nav>
        <div class="side-foot">
          <Underway />
          <div class="who">
            <span class="who-name" title={session.scopes.join(', ')}>
              <bdi>{session.name}</bdi>
            </span>
            <button
              type="button"
              class="icon-button"
              aria-label="Sign out"
              title="Sign out"
              onClick={() => void attempt(signOut)}
            >
              <Icon name="leave" />
            </button>
          </div>
        </div>
      </aside>
      <main id="main" ref={main} tabIndex={-1}>
        <Connection />
        {children}
      </main>
      <DropTarget />
      <Toasts />
    </div>
  );
}

function isAt(path: string, place: string): boolean {
  const trimmed = path.replace(/\/$/, '');
  const at = place.replace(/\/$/, '');
  return trimmed === at || (at !== '/console' && trimmed.startsWith(`${at}/`));
}

function Underway(): JSX.Element | null {
  const left = uploads.value.filter(isUnderWay).length;
  if (left === 0) return null;
  return (
    <a class="underway" href="/console/">
      <span class="spinner" aria-hidden="true" />
      {counted(left, 'file')} on the way
    </a>
  );
}

function Connection(): JSX.Element | null {
  const isCut = !isReachable.value && liveness.value !== 'live';
  return (
    <div role="status" aria-live="polite">
      {isCut && (
        <p class="banner">
          <span class="spinner" aria-hidden="true" /> The server does not answer. What you see may be old; it goes on by
          itself as soon as it does.
        </p>
      )}
    </div>
  );
}

/** The whole window takes files. */
function DropTarget(): JSX.Element | null {
  const { route, path } = useLocation();
  const [isOver, setOver] = useState(false);
  const depth = useRef(0);
  const latest = useRef({ route, path });
  latest.current = { route, path };
  useEffect(() => {
    if (!may('write')) return;
    const gone = new AbortController();
    const options = { signal: gone.signal };
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const on = (name: 'dragenter' | 'dragover' | 'dragleave' | 'drop', work: (event: DragEvent) => void): void =>
      window.addEventListener(
        name,
        (event) => {
          if (!hasFiles(event)) return;
          event.preventDefault();
          work(event);
        },
        options,
      );
    on('dragenter', () => {
      depth.current += 1;
      setOver(true);
    });
    on('dragover', () => undefined);
    on('dragleave', () => {
      depth.current -= 1;
      if (depth.current <= 0) setOver(false);
    });
    on('drop', ({ dataTransfer }) => {
      depth.current = 0;
      setOver(false);
      if (dataTransfer === null) return;
      void filesOf(dataTransfer).then((files) => upload(files, targetCollection.value));
      if (latest.current.path.replace(/\/$/, '') !== '/console') latest.current.route('/console/');
    });
    return () => gone.abort();
  }, []);
  if (!isOver) return null;
  return (
    <div class="drop-over" aria-hidden="true">
      <div>
        <Icon name="upload" />
        Drop files or folders to read them
      </div>
    </div>
  );
}
