import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { request } from '../api/client';
import { isUnbound, may } from '../api/session';
import type { NewApiKey } from '../api/types';
import { Icon } from '../ui/icons';
import { CopyButton, Head, Segments } from '../ui/parts';
import { attempt } from '../ui/toasts';
import { SNIPPETS } from '../ui/snippets';

const PLACEHOLDER = 'vl_…';

export function GetStarted(): JSX.Element {
  const [made, setMade] = useState<NewApiKey | undefined>(undefined);
  const [chosen, setChosen] = useState(SNIPPETS[0]?.name ?? '');
  const snippets = SNIPPETS.find(({ name }) => name === chosen)?.parts ?? [];
  const make = (): Promise<boolean> =>
    attempt(async () => {
      const json = { name: 'get started', scopes: ['read', 'write'] };
      setMade(await request<NewApiKey>('/api/admin/keys', { method: 'POST', json }));
    });
  return (
    <div class="view">
      <Head title="Get started" />
      <p class="lead">
        Programs talk to this server with a key. The snippets below are filled in with this server’s address; the whole
        API is described at <a href="/docs">/docs</a>.
      </p>
      {may('admin') && isUnbound() && (
        <div class="notice">
          <Icon name="keys" />
          {made === undefined ? (
            <>
              <span class="notice-wide">Make a key that may read and write, and have it filled in.</span>
              <button type="button" class="button button-primary" onClick={() => void make()}>
                Make a key
              </button>
            </>
          ) : (
            <>
              <span class="notice-wide">
                <strong>Filled in, this once:</strong> <code class="break">{made.key}</code>
              </span>
              <CopyButton text={made.key} label="Copy the key" />
            </>
          )}
        </div>
      )}
      <Segments
        label="With what"
        value={chosen}
        options={SNIPPETS.map(({ name }) => ({ value: name, label: name }))}
        onChange={setChosen}
      />
      {snippets.map(({ title, code }) => {
        const text = code(location.origin, made?.key ?? PLACEHOLDER);
        return (
          <section key={title} class="snippet" aria-label={title}>
            <header class="panel-head">
              <h2>{title}</h2>
              <CopyButton text={text} />
            </header>
            <pre tabIndex={0}>
              <code>{text}</code>
            </pre>
          </section>
        );
      })}
    </div>
  );
}
