import { eventually } from './eventually';
import type { TestApp, Untyped } from './test-app';

export interface ReadEvent {
  readonly id: number;
  readonly type: string;
  readonly data: Untyped;
}

/** A client of an event stream that keeps what it was sent. */
export class EventReader {
  readonly events: ReadEvent[] = [];
  /** Everything as it came. */
  text = '';
  isOver = false;
  private readonly leaving = new AbortController();

  static async open(
    service: Pick<TestApp, 'fetch'>,
    path: string,
    { key, lastEventId }: { key?: string; lastEventId?: number } = {},
  ): Promise<EventReader> {
    const reader = new EventReader();
    const response = await service.fetch(path, {
      signal: reader.leaving.signal,
      ...(key !== undefined && { key }),
      ...(lastEventId !== undefined && { headers: { 'Last-Event-ID': String(lastEventId) } }),
    });
    if (response.status !== 200) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
    void reader.read(response);
    return reader;
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  /** Waits for the first event that is as wanted. */
  async until(isWanted: (event: ReadEvent) => boolean, timeoutMs = 60_000): Promise<ReadEvent> {
    await eventually(() => this.events.some(isWanted), timeoutMs);
    return this.events.find(isWanted) as ReadEvent;
  }

  close(): void {
    this.leaving.abort();
  }

  private async read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    try {
      for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
        const text = decoder.decode(part, { stream: true });
        this.text += text;
        const blocks = (rest + text).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.take(block);
      }
    } catch (error) {
      if (!this.leaving.signal.aborted) this.text += `\n${String(error)}`;
    }
    this.isOver = true;
  }

  private take(block: string): void {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
    const [id, type, data] = [field('id'), field('event'), field('data')];
    if (id !== undefined && type !== undefined && data !== undefined) {
      this.events.push({ id: Number(id), type, data: JSON.parse(data) });
    }
  }
}
