import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { AlertingService } from '@vectorlane/alerting';
import { z } from 'zod';
import { ApiProblems } from './problem-responses';
import { RequiresScope } from './scope.guard';

export const reportSchema = z.object({
  delivered: z.boolean(),
  channel: z.string().nullable().meta({ description: '`slack`, `discord` or `json`; null when no webhook is set.' }),
  host: z.string().nullable().meta({ description: "The webhook's host; the rest of its address is a secret." }),
  status: z.number().int().nullable().meta({ description: 'HTTP status of its answer; null when none came.' }),
  latencyMs: z.number().int(),
  detail: z.string().meta({ description: 'The beginning of its answer, or why there is none.' }),
});

@ApiTags('administration')
@ApiSecurity('apiKey')
@ApiSecurity('bearer')
@RequiresScope('admin', 'outside-collections')
@Controller('api/admin/alerts')
export class AlertsController {
  constructor(private readonly alerting: AlertingService) {}

  /** 200 whatever the receiver says: this request did what it was asked, and the answer tells how that went. */
  @Post('test')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'sendTestAlert',
    summary: 'Send a test alert',
    description: 'Posts one alert to the webhook now, without trying again, and tells what the receiver said.',
  })
  @ApiResponse({ status: 200, description: 'What the receiver said.', standardSchema: reportSchema })
  @ApiProblems()
  test(): Promise<z.output<typeof reportSchema>> {
    return this.alerting.test();
  }
}
