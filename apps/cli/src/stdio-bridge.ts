import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { ErrorCode, type JSONRPCMessage, type RequestId } from '@modelcontextprotocol/sdk/types.js';

/**
 * An MCP server over standard input and output that passes every message on to the running service, and its answers
 * back. A request that cannot be passed on is answered with an error, so that nobody waits for ever.
 */
export class StdioBridge {
  private readonly outside = new StdioServerTransport();
  private readonly service: StreamableHTTPClientTransport;
  private readonly unanswered = new Set<RequestId>();
  private inputEnded = false;
  private end: () => void = () => undefined;

  constructor(
    { url, apiKey }: { readonly url: string; readonly apiKey: string | undefined },
    private readonly report: (problem: string) => void,
  ) {
    const headers: Record<string, string> = apiKey === undefined ? {} : { Authorization: `Bearer ${apiKey}` };
    this.service = new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } });
  }

  /** Until the input has ended and all of it is answered, or until it is interrupted. */
  async serve(interrupt: AbortSignal): Promise<void> {
    const ended = new Promise<void>((resolve) => (this.end = resolve));
    interrupt.addEventListener('abort', this.end, { once: true });
    process.stdin.once('end', () => {
      this.inputEnded = true;
      this.endIfDone();
    });
    this.outside.onmessage = (message) => void this.passOn(message);
    this.outside.onerror = (error) => this.report(error.message);
    this.service.onmessage = (message) => void this.answer(message);
    await this.service.start();
    await this.outside.start();
    await ended;
    interrupt.removeEventListener('abort', this.end);
    await this.service.close();
    await this.outside.close();
  }

  private async passOn(message: JSONRPCMessage): Promise<void> {
    const id = 'method' in message && 'id' in message ? message.id : undefined;
    if (id !== undefined) this.unanswered.add(id);
    try {
      await this.service.send(message);
    } catch (error) {
      const text = `The service does not answer: ${error instanceof Error ? error.message : String(error)}`;
      this.report(text);
      if (id !== undefined) {
        await this.answer({ jsonrpc: '2.0', id, error: { code: ErrorCode.InternalError, message: text } });
      }
    }
  }

  private async answer(message: JSONRPCMessage): Promise<void> {
    if ('result' in message) {
      // What was agreed on at the beginning goes along with every later request.
      const { protocolVersion } = message.result;
      if (typeof protocolVersion === 'string') this.service.setProtocolVersion(protocolVersion);
    }
    await this.outside.send(message);
    if (!('method' in message) && message.id !== undefined) this.unanswered.delete(message.id);
    this.endIfDone();
  }

  private endIfDone(): void {
    if (this.inputEnded && this.unanswered.size === 0) this.end();
  }
}
