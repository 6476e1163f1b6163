import { Controller, Get, Header, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';
import { ProbesService, type Readiness } from './probes.service';

/** What Kubernetes and load balancers ask (docs/contract.md §1). Without a key, and outside of `/api`. */
@ApiExcludeController()
@Controller()
export class ProbesController {
  constructor(private readonly probes: ProbesService) {}

  @Get('health')
  @Header('Cache-Control', 'no-store')
  health(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Touches no dependency: one that is away is no reason to restart this process, an engine inside given up is. */
  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(@Res({ passthrough: true }) response: Response): { alive: boolean } {
    const { alive } = this.probes;
    response.status(alive ? 200 : 503);
    return { alive };
  }

  @Get('ready')
  @Header('Cache-Control', 'no-store')
  async ready(@Res({ passthrough: true }) response: Response): Promise<Readiness> {
    const readiness = await this.probes.readiness();
    response.status(readiness.status === 'ok' ? 200 : 503);
    return readiness;
  }
}
