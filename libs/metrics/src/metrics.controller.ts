import { createHash, timingSafeEqual } from 'node:crypto';
import { Controller, Get, Header, Headers } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Config } from '@vectorlane/config';
import { Problem } from '@vectorlane/errors';
import { prometheusContentType } from 'prom-client';
import { Metrics } from './metrics';

/** Where Prometheus scrapes. Without an API key; behind a token of its own where `METRICS_TOKEN` is set. */
@ApiExcludeController()
@Controller()
export class MetricsController {
  private readonly tokenDigest: Buffer | undefined;

  constructor(
    private readonly metrics: Metrics,
    config: Config,
  ) {
    this.tokenDigest = config.METRICS_TOKEN === undefined ? undefined : digest(config.METRICS_TOKEN);
  }

  /** @throws Problem `INVALID_METRICS_TOKEN` */
  @Get()
  @Header('Cache-Control', 'no-store')
  @Header('Content-Type', prometheusContentType)
  async scrape(@Headers('authorization') authorization?: string): Promise<string> {
    this.authorize(authorization);
    return this.metrics.scrape();
  }

  private authorize(authorization: string | undefined): void {
    if (this.tokenDigest === undefined) return;
    const presented = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    // Digests are of one length and tell nothing of where two tokens begin to differ.
    if (presented === undefined || !timingSafeEqual(digest(presented), this.tokenDigest)) {
      throw new Problem('INVALID_METRICS_TOKEN', 'Send `Authorization: Bearer` with the value of METRICS_TOKEN.');
    }
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
