import type { IncomingMessage, ServerResponse } from 'node:http';

const waiting = new WeakSet<IncomingMessage>();

/** The client sent `Expect: 100-continue` and keeps its body until it is asked for it. */
export function awaitContinue(request: IncomingMessage): void {
  waiting.add(request);
}

/** Asks for the body of a client that waits for it; one that does not wait sends it anyway. */
export function inviteBody(request: IncomingMessage, response: ServerResponse): void {
  if (waiting.delete(request)) response.writeContinue();
}
