import type { ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import type { HttpMetrics } from '@vectorlane/metrics';
import type { RequestHandler } from 'express';
import { callerOf } from './caller';
import { bytesSent } from './edge-messages';
import { POLLED, PROBES, routeTemplate } from './route-template';

/** What the log says of a client that left before there was an answer; nginx' number for it, sent to nobody. */
const CLIENT_LEFT = 499;
export interface EndedRequest {
  readonly requestId: string;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  /** Head and body, as they went to the socket. */
  readonly bytesSent: number;
  readonly keyId?: string;
  /** The client left, or was cut off, before it had the whole answer. */
  readonly aborted?: true;
  /** A stream of events: its duration is its client's affair. */
  readonly isStream?: true;
}

const STREAMS = new WeakSet<ServerResponse>();

/** Keeps a response out of the durations: it lasts as long as its client likes. */
export function markStream(response: ServerResponse): void {
  STREAMS.add(response);
}

/** Counts, times and logs what has ended: the one place that does. Never a query string, a header or a body. */
export class RequestEnds {
  private readonly logger = new Logger('Http');
  private readonly cutWith = new WeakMap<ServerResponse, number>();

  constructor(private readonly metrics: HttpMetrics) {}

  note(ended: EndedRequest): void {
    const { method, route, status, durationMs, isStream } = ended;
    this.metrics.observe({ method, route, status, ...(!isStream && { durationSeconds: durationMs / 1_000 }) });
    const line = { ...ended, durationMs: Math.round(durationMs * 10) / 10 };
    // Probes come every second, and polls for each document that is followed: worth a line only to somebody who looks
    // for one, or when they fail.
    const isPoll = method === 'GET' && route === POLLED && status < 400;
    if (isPoll || (PROBES.has(route) && status < 500)) this.logger.debug(line, 'request');
    else this.logger.log(line, 'request');
  }

  /** The client was answered on the bare socket, beside its response: that is what counts. */
  noteCut(response: ServerResponse, status: number): void {
    this.cutWith.set(response, status);
  }

  /** One listener on the end of the response, which comes once, whether the answer was sent or the client has gone. */
  observe(): RequestHandler {
    return (request, response, next) => {
      const startedAt = performance.now();
      response.once('close', () => {
        const caller = callerOf(response);
        const sent = bytesSent(response);
        this.note({
          // `close` may come from outside of the log context, when the client went away.
          requestId: response.locals['requestId'] as string,
          method: request.method,
          route: routeTemplate(request),
          status: this.cutWith.get(response) ?? (sent > 0 ? response.statusCode : CLIENT_LEFT),
          durationMs: performance.now() - startedAt,
          bytesSent: sent,
          ...(caller !== undefined && { keyId: caller.keyId }),
          ...(!response.writableFinished && { aborted: true }),
          ...(STREAMS.has(response) && { isStream: true }),
        });
      });
      next();
    };
  }
}
