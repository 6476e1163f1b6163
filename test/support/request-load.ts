import { Agent, request } from 'node:http';

/** One kind of request, and its share of all. */
export interface LoadKind {
  readonly name: string;
  readonly share: number;
  /** Made for each request. */
  next(): { readonly path: string; readonly body?: object };
  /** What counts as served. */
  readonly status: number;
  onAnswer?(body: string): void;
}

export interface LoadCounts {
  served: number;
  /** Not sent, because every client was still waiting for an answer. */
  heldBack: number;
  failures: string[];
  durationsMs: number[];
}

const REQUEST_TIMEOUT_MS = 20_000;
const TICK_MS = 5;

/**
 * Requests over kept connections, by a fixed mixture, from a fixed number of clients: as fast as they go, or at a rate.
 * A client that waits sends nothing, so that a machine that is short of time makes the rate sink and not a queue grow.
 */
export class RequestLoad {
  private readonly agent = new Agent({ keepAlive: true, timeout: 10_000 });
  private readonly pending = new Set<Promise<void>>();
  private turn = 0;
  private current: LoadCounts = emptyCounts();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly url: string,
    private readonly headers: Record<string, string>,
    private readonly kinds: readonly LoadKind[],
    private readonly clients = 16,
  ) {}

  /** @returns requests served a second when nobody pauses */
  async capacity(forMs: number): Promise<number> {
    this.current = emptyCounts();
    const until = performance.now() + forMs;
    const client = async (): Promise<void> => {
      while (performance.now() < until) await this.send();
    };
    await Promise.all(Array.from({ length: this.clients }, client));
    const { served, failures } = this.take();
    if (failures.length > 0) throw new Error(`The load fails without any restart: ${failures.slice(0, 3).join('; ')}`);
    return (served * 1_000) / forMs;
  }

  /** Sends at this rate, as far as there are clients, until `stop`. */
  start(perSecond: number): void {
    this.current = emptyCounts();
    const startedAt = performance.now();
    let sent = 0;
    this.timer = setInterval(() => {
      const due = Math.floor(((performance.now() - startedAt) * perSecond) / 1_000);
      for (; sent < due; sent += 1) {
        if (this.pending.size >= this.clients) {
          this.current.heldBack += 1;
          continue;
        }
        const work: Promise<void> = this.send().finally(() => this.pending.delete(work));
        this.pending.add(work);
      }
    }, TICK_MS);
  }

  /** What has been answered since the last time. */
  take(): LoadCounts {
    const counts = this.current;
    this.current = emptyCounts();
    return counts;
  }

  /** Waits for every request that is out. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.pending);
    this.agent.destroy();
  }

  private async send(): Promise<void> {
    const kind = this.pick();
    const { path, body } = kind.next();
    const startedAt = performance.now();
    try {
      const answer = await this.exchange(path, body);
      if (answer.status !== kind.status) throw new Error(`${answer.status} ${answer.body.slice(0, 200)}`);
      this.current.served += 1;
      this.current.durationsMs.push(performance.now() - startedAt);
      kind.onAnswer?.(answer.body);
    } catch (error) {
      const afterMs = Math.round(performance.now() - startedAt);
      this.current.failures.push(`${kind.name} ${path} after ${afterMs} ms: ${(error as Error).message}`);
    }
  }

  /** Evenly spread: of any hundred requests in a row each kind has its share. */
  private pick(): LoadKind {
    this.turn = (this.turn + 37) % 100;
    let below = 0;
    for (const kind of this.kinds) {
      below += kind.share;
      if (this.turn < below) return kind;
    }
    throw new Error('The shares do not add up to 100.');
  }

  private exchange(path: string, body: object | undefined): Promise<{ status: number; body: string }> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const sent = request(
        `${this.url}${path}`,
        {
          agent: this.agent,
          method: text === undefined ? 'GET' : 'POST',
          headers: {
            ...this.headers,
            ...(text !== undefined && {
              'Content-Type': 'application/json',
              'Content-Length': Buffer.byteLength(text),
            }),
          },
          signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        },
        (response) => {
          let heard = '';
          response.setEncoding('utf8');
          response.on('data', (part: string) => (heard += part));
          response.once('end', () => resolve({ status: response.statusCode ?? 0, body: heard }));
          response.once('error', reject);
          response.once('aborted', () => reject(new Error('the answer was cut off')));
        },
      );
      sent.once('error', reject);
      sent.end(text);
    });
  }
}

/** The duration below which this share of them lies. */
export function percentile(durations: readonly number[], share: number): number {
  const sorted = durations.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function emptyCounts(): LoadCounts {
  return { served: 0, heldBack: 0, failures: [], durationsMs: [] };
}
