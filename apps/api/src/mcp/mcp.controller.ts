import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { Config } from '@vectorlane/config';
import type { Principal } from '@vectorlane/auth';
import { Problem } from '@vectorlane/errors';
import type { Request, Response } from 'express';
import { Caller } from '../caller';
import { RequiresScope } from '../scope.guard';
import { McpServers } from './mcp-servers';
import { exchangeStateless, isStateless } from './stateless-exchange';

/** Programs on the user's own machine show where they come from by these names. */
const LOOPBACK = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * The Model Context Protocol over Streamable HTTP. Each request is answered by a server of its own and nothing is kept
 * between two, so that any replica answers; a client that asks for a stream without a request (GET) is told 405.
 */
@ApiExcludeController()
@Controller('mcp')
export class McpController {
  private readonly origins: ReadonlySet<string>;

  constructor(
    config: Config,
    private readonly servers: McpServers,
  ) {
    this.origins = new Set(config.CORS_ORIGIN ?? []);
  }

  @Post()
  @HttpCode(200)
  @RequiresScope('read', 'within-collections')
  async exchange(@Caller() caller: Principal, @Req() request: Request, @Res() response: Response): Promise<void> {
    this.refuseForeignPage(request.headers.origin);
    const server = this.servers.serve(caller, `${request.protocol}://${request.get('host') ?? 'localhost'}`);
    // A client that leaves ends what runs for it.
    response.once('close', () => void server.close());
    if (isStateless(request)) return exchangeStateless(server, request, response);
    const transport = new StreamableHTTPServerTransport();
    await server.connect(transport);
    await transport.handleRequest(request, response, request.body);
  }

  /** A page whose name was pointed at this machine (DNS rebinding) shows its own origin all the same. */
  private refuseForeignPage(origin: string | undefined): void {
    if (origin === undefined || this.origins.has(origin) || LOOPBACK.test(origin)) return;
    throw new Problem('ORIGIN_NOT_ALLOWED', 'Pages of this origin may not ask here. CORS_ORIGIN lists those that may.');
  }
}
