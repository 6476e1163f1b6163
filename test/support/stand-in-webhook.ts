import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readText } from './stand-in-wire';

export interface ReceivedPost {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

export type WebhookAnswer = (response: ServerResponse, request: IncomingMessage) => void;

/** What receivers of webhooks are known to say. */
export const answers = {
  status:
    (status: number, body = '', headers: Record<string, string> = {}): WebhookAnswer =>
    (response) =>
      void response.writeHead(status, headers).end(body),
  /** Takes the request and never answers. */
  hang: (): void => undefined,
  drop: (response: ServerResponse): void => void response.socket?.destroy(),
  /** A status at once, and a body of which only the beginning ever comes. */
  slowBody:
    (status: number, beginning: string): WebhookAnswer =>
    (response) =>
      void response.writeHead(status).write(beginning),
  /** A body without an end, as fast as it is read. */
  endlessBody:
    (status: number): WebhookAnswer =>
    (response) => {
      const chunk = 'x'.repeat(65_536);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.writeHead(status).on('drain', more);
      more();
    },
} as const;

/** A real receiver on a free port: answers as it is told, the last answer for ever, and remembers what it got. */
export class StandInWebhook {
  readonly posts: ReceivedPost[] = [];
  /** Connections that were ever opened to it. */
  connections = 0;
  private readonly server: Server;
  private waiting: { count: number; resolve: () => void }[] = [];

  private constructor(private script: WebhookAnswer[]) {
    this.server = createServer((request, response) => void this.receive(request, response));
    this.server.on('connection', () => (this.connections += 1));
  }

  static async start(...script: WebhookAnswer[]): Promise<StandInWebhook> {
    const webhook = new StandInWebhook(script.length > 0 ? script : [answers.status(200, 'ok')]);
    await new Promise<void>((resolve, reject) => {
      webhook.server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return webhook;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** With a secret in its path, as real ones have. */
  get url(): string {
    return `${this.origin}/hooks/hunter2hunter2`;
  }

  get bodies(): Record<string, unknown>[] {
    return this.posts.map(({ text }) => JSON.parse(text) as Record<string, unknown>);
  }

  answerWith(...script: WebhookAnswer[]): void {
    this.script = script;
  }

  /** Resolves when that many posts have come in all. */
  async received(count: number): Promise<void> {
    if (this.posts.length >= count) return;
    await new Promise<void>((resolve) => this.waiting.push({ count, resolve }));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    const text = await readText(request).catch(() => undefined);
    if (text === undefined) return;
    this.posts.push({ path: request.url ?? '', headers: request.headers, text });
    const answer = this.script.length > 1 ? this.script.shift() : this.script[0];
    answer?.(response, request);
    for (const waiter of this.waiting) if (this.posts.length >= waiter.count) waiter.resolve();
    this.waiting = this.waiting.filter(({ count }) => this.posts.length < count);
  }
}
