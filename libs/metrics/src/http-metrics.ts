import { Injectable } from '@nestjs/common';
import { Metrics } from './metrics';
import { HTTP_METHODS } from './metrics.definitions';

/** A response that has ended. */
export interface ObservedRequest {
  readonly method: string;
  /** The route's template, or `unmatched`; never the raw path. */
  readonly route: string;
  readonly status: number;
  /** Left out: it was no request that takes a time, but a stream that its client ends. */
  readonly durationSeconds?: number;
}

type Method = (typeof HTTP_METHODS)[number];

const KNOWN_METHODS: ReadonlyMap<string, Method> = new Map(HTTP_METHODS.map((method) => [method, method]));

/** What the request pipeline tells at the end of every response. */
@Injectable()
export class HttpMetrics {
  constructor(private readonly metrics: Metrics) {}

  observe({ method, route, status, durationSeconds }: ObservedRequest): void {
    const labels = { method: KNOWN_METHODS.get(method) ?? 'other', path: route, status: String(status) };
    this.metrics.httpRequests.inc(labels);
    if (durationSeconds !== undefined) this.metrics.httpRequestDuration.observe(labels, durationSeconds);
  }
}
