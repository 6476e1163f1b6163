import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { queryOf, refusals, request, requestText } from '../api/client';
import { liveness, onChange } from '../api/events';
import { isUnbound, may } from '../api/session';
import type { Document, DocumentPage, Readiness, Retried, Webhook, WebhookPage } from '../api/types';
import { ago, count, counted, duration } from '../ui/format';
import { Icon } from '../ui/icons';
import { samplesOf } from '../ui/metrics-text';
import { Age, Confirm, Failed, Head, Loading, StatusChip } from '../ui/parts';
import { perMinute } from '../ui/throughput';
import { attempt, say } from '../ui/toasts';
import { useServer, useThrottled } from '../ui/use-server';
import { WebhookState } from '../ui/webhook-state';

const LANES = ['fast', 'heavy'] as const;
type Lane = (typeof LANES)[number];
const AGE = 'processing_queue_oldest_waiting_job_age_seconds';
const UNTOLD = 'webhook_deliveries_pending';
const LOOK_EVERY_MS = 10_000;
const PAGE = 100;
/** As many of the last hour as are counted one by one. */
const MOST_COUNTED = 1_000;

const LIVENESS = {
  live: 'Told by the server as it happens',
  polling: 'Asked every two seconds',
  cut: 'The server does not answer',
} as const;

function list(values: Parameters<typeof queryOf>[0], signal: AbortSignal): Promise<DocumentPage> {
  return request(`/api/documents${queryOf(values)}`, { signal });
}

async function total(status: string, lane: Lane, signal: AbortSignal): Promise<number> {
  return (await list({ status, lane, limit: 1, count: true }, signal)).total ?? 0;
}

/** Documents that came to this end within the hour, as far as they are counted. */
async function endedLately(status: 'completed' | 'failed', signal: AbortSignal): Promise<string[]> {
  const since = Date.now() - 3_600_000;
  const moments: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await list({ status, sort: '-updatedAt', limit: PAGE, cursor }, signal);
    const fresh = page.items.filter(({ updatedAt }) => new Date(updatedAt).getTime() > since);
    moments.push(...fresh.map(({ updatedAt }) => updatedAt));
    cursor = fresh.length === page.items.length ? (page.nextCursor ?? undefined) : undefined;
  } while (cursor !== undefined && moments.length < MOST_COUNTED);
  return moments;
}

async function look(signal: AbortSignal) {
  const [lanes, inWork, completed, failed, troubles] = await Promise.all([
    Promise.all(
      LANES.map(async (lane) => ({
        lane,
        waiting: await total('pending', lane, signal),
        working: await total('processing', lane, signal),
      })),
    ),
    list({ status: 'processing,pending', sort: 'createdAt', limit: 20 }, signal),
    endedLately('completed', signal),
    endedLately('failed', signal),
    list({ status: 'failed', sort: '-updatedAt', limit: 10 }, signal),
  ]);
  return { lanes, inWork, completed, failed, troubles };
}

/** Parts of the service, and how long the queues have waited; without a key, as monitoring asks. */
async function lookAtParts(signal: AbortSignal) {
  // 503 has the same body: that a part is away is the news.
  const ready = (await (await fetch('/ready', { signal })).json()) as Readiness;
  const text = await requestText('/metrics', { signal }).catch(() => '');
  const samples = samplesOf(text, new Set([AGE, UNTOLD]));
  return {
    ready,
    ageOf: (lane: Lane) => samples.find(({ name, labels }) => name === AGE && labels['lane'] === lane)?.value,
    untold: samples.find(({ name }) => name === UNTOLD)?.value,
  };
}

export function Live(): JSX.Element {
  const work = useServer('live', look);
  const parts = useServer('parts', lookAtParts);
  const webhooks = useServer(may('admin') && isUnbound() ? 'webhooks' : undefined, (signal) =>
    request<WebhookPage>('/api/webhooks?limit=20', { signal }),
  );
  const refresh = useThrottled(work.reload, 2_000);
  useEffect(() => onChange(refresh), [refresh]);
  useEffect(() => {
    const timer = setInterval(() => {
      parts.reload();
      work.reload();
      webhooks.reload();
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [parts.reload, work.reload, webhooks.reload]);
  return (
    <div class="view">
      <Head title="Live">
        <span class={`chip chip-${liveness.value === 'cut' ? 'failed' : 'completed'}`} role="status">
          <span class="chip-dot" aria-hidden="true" />
          {LIVENESS[liveness.value]}
        </span>
      </Head>
      {work.error !== undefined && <Failed error={work.error} onRetry={work.reload} />}
      {work.data === undefined && work.error === undefined && <Loading lines={6} />}
      {work.data !== undefined && (
        <>
          <div class="tiles">
            {work.data.lanes.map(({ lane, waiting, working }) => (
              <LaneTile key={lane} lane={lane} waiting={waiting} working={working} age={parts.data?.ageOf(lane)} />
            ))}
            <Throughput title="Ready within the hour" moments={work.data.completed} kind="completed" />
            <Throughput title="Failed within the hour" moments={work.data.failed} kind="failed" />
          </div>
          <InWork documents={work.data.inWork.items} />
        </>
      )}
      <div class="columns">
        <Parts ready={parts.data?.ready} />
        <Troubles documents={work.data?.troubles.items ?? []} onRetried={work.reload} />
      </div>
      {webhooks.data !== undefined && webhooks.data.items.length > 0 && (
        <WebhookPanel webhooks={webhooks.data.items} untold={parts.data?.untold} />
      )}
    </div>
  );
}

const LANE_WORDS: Readonly<Record<Lane, string>> = { fast: 'notes, pages, data', heavy: 'PDF, Office, mail, images' };

function LaneTile(props: { lane: Lane; waiting: number; working: number; age: number | undefined }): JSX.Element {
  const { lane, waiting, working, age } = props;
  return (
    <section class="tile" aria-label={`Lane ${lane}`}>
      <h2 class="tile-title">
        Lane {lane} <span class="quiet">{LANE_WORDS[lane]}</span>
      </h2>
      <dl class="tile-numbers">
        <div>
          <dt>in work</dt>
          <dd>{count(working)}</dd>
        </div>
        <div>
          <dt>waiting</dt>
          <dd>{count(waiting)}</dd>
        </div>
        {age !== undefined && (
          <div>
            <dt>longest wait</dt>
            <dd>{age === 0 ? 'none' : duration(age * 1_000)}</dd>
          </div>
        )}
      </dl>
    </section>
  );
}

const PLOT = { width: 240, height: 48 };

function Throughput(props: { title: string; moments: readonly string[]; kind: 'completed' | 'failed' }): JSX.Element {
  const { title, moments, kind } = props;
  const bins = perMinute(moments, Date.now());
  const most = Math.max(1, ...bins);
  const width = PLOT.width / bins.length;
  const words = `${moments.length >= MOST_COUNTED ? 'at least ' : ''}${counted(moments.length, 'document')}`;
  return (
    <section class="tile" aria-label={title}>
      <h2 class="tile-title">{title}</h2>
      <p class="tile-figure">{count(moments.length)}</p>
      <svg
        class={`plot plot-${kind}`}
        viewBox={`0 0 ${PLOT.width} ${PLOT.height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${words} in the last hour, at most ${most} in a minute`}
      >
        <path d={`M0 ${PLOT.height - 0.5}H${PLOT.width}`} class="plot-base" />
        {bins.map((value, index) => (
          <rect
            key={index}
            x={index * width + 0.5}
            width={width - 1}
            y={PLOT.height - (value / most) * PLOT.height}
            height={(value / most) * PLOT.height}
          />
        ))}
      </svg>
      <p class="plot-axis quiet">
        <span>{ago(new Date(Date.now() - 3_600_000))}</span>
        <span>now</span>
      </p>
    </section>
  );
}

function InWork({ documents }: { documents: readonly Document[] }): JSX.Element {
  return (
    <section class="panel" aria-labelledby="in-work-title">
      <header class="panel-head">
        <h2 id="in-work-title">In work and waiting</h2>
        <a href="/console/documents?status=processing">all</a>
      </header>
      {documents.length === 0 ? (
        <p class="quiet">Nothing. What arrives shows up here at once.</p>
      ) : (
        <ul class="recent-list">
          {documents.map((document) => (
            <li key={document.id}>
              <a class="recent-name" href={`/console/documents/${document.id}`}>
                <bdi>{document.filename}</bdi>
              </a>
              <StatusChip document={document} />
              <span class="quiet">
                {document.lane} · <Age of={document.createdAt} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Parts({ ready }: { ready: Readiness | undefined }): JSX.Element {
  return (
    <section class="panel" aria-labelledby="parts-title">
      <header class="panel-head">
        <h2 id="parts-title">What it stands on</h2>
        {ready !== undefined && (
          <span class="quiet">
            version {ready.version}, up for {duration(ready.uptime * 1_000)}
          </span>
        )}
      </header>
      {ready === undefined ? (
        <Loading lines={3} />
      ) : (
        <ul class="recent-list">
          {Object.entries(ready.checks).map(([name, { status, latencyMs }]) => (
            <li key={name}>
              <span class="recent-name">{name}</span>
              <span class={`chip chip-${status === 'up' ? 'completed' : 'failed'}`}>
                <span class="chip-dot" aria-hidden="true" />
                {status === 'up' ? 'Up' : 'Down'}
              </span>
              <span class="quiet">{latencyMs === undefined ? '' : duration(latencyMs)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function WebhookPanel(props: { webhooks: readonly Webhook[]; untold: number | undefined }): JSX.Element {
  return (
    <section class="panel" aria-labelledby="webhooks-title">
      <header class="panel-head">
        <h2 id="webhooks-title">Webhooks</h2>
        {props.untold !== undefined && <span class="quiet">{count(props.untold)} waiting to be sent</span>}
      </header>
      <ul class="recent-list">
        {props.webhooks.map((webhook) => (
          <li key={webhook.id}>
            <a class="recent-name" href={`/console/webhooks/${webhook.id}`}>
              <bdi>{webhook.url}</bdi>
            </a>
            <WebhookState webhook={webhook} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Troubles(props: { documents: readonly Document[]; onRetried: () => void }): JSX.Element {
  const { documents, onRetried } = props;
  const refused = refusals.value;
  const [asking, setAsking] = useState<number | undefined>(undefined);
  const ask = (): Promise<boolean> =>
    attempt(async () => {
      const { total } = await request<DocumentPage>(
        `/api/documents${queryOf({ status: 'failed', limit: 1, count: true })}`,
      );
      setAsking(total ?? 0);
    });
  const retry = async (): Promise<void> => {
    await attempt(async () => {
      const { retried } = await request<Retried>('/api/documents/retry', { method: 'POST', json: {} });
      say(retried === 0 ? 'There is none that a retry may help' : `${counted(retried, 'document')} queued again`);
    });
    onRetried();
  };
  return (
    <section class="panel" aria-labelledby="troubles-title">
      <header class="panel-head">
        <h2 id="troubles-title">What went wrong lately</h2>
        {documents.length > 0 && (
          <span class="panel-actions">
            <a href="/console/documents?status=failed">all failed</a>
            {may('write') && (
              <button type="button" class="button button-small" onClick={() => void ask()}>
                <Icon name="retry" />
                Retry all
              </button>
            )}
          </span>
        )}
      </header>
      {asking !== undefined && (
        <Confirm
          title={`Retry ${counted(asking, 'document')}?`}
          action={`Retry ${count(asking)}`}
          isHarmless
          onConfirm={retry}
          onClose={() => setAsking(undefined)}
        >
          <p>Those that a retry cannot help stay as they are.</p>
        </Confirm>
      )}
      {documents.length === 0 && refused.length === 0 && (
        <p class="quiet">
          <Icon name="check" /> Nothing.
        </p>
      )}
      <ul class="trouble-list">
        {documents.map(({ id, filename, failure, updatedAt }) => (
          <li key={id}>
            <a href={`/console/documents/${id}`}>
              <bdi>{filename}</bdi>
            </a>{' '}
            <span class="tag tag-problem">{failure?.code}</span> <Age of={updatedAt} />
          </li>
        ))}
        {refused.map(({ at, route, error }) => (
          <li key={at.getTime()}>
            <span class="mono">{route}</span> <span class="tag tag-problem">{error.code}</span>{' '}
            <Age of={at.toISOString()} />
            {error.requestId !== undefined && <span class="quiet mono"> request {error.requestId}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
