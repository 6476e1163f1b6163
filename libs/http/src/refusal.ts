import type { Request, Response } from 'express';

/** How long a refused client may take to read the answer before its connection is cut. */
const LINGER_MS = 1_000;

/**
 * Answers a request whose body has not been read to its end: the answer goes out with `Connection: close`, not one
 * more byte is read, and the connection is cut once the client has had time to read the answer. Cutting at once would
 * reset the connection under the answer.
 */
export function refuseRestOfBody(request: Request, response: Response): void {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (!hasBody || request.complete) return;
  response.setHeader('Connection', 'close');
  request.pause();
  // With `Connection: close` Node destroys the socket as soon as the answer is written, and the kernel answers unread
  // bytes with a reset that can overtake it: half-close instead, and destroy later.
  request.socket.destroySoon = () => request.socket.end();
  response.once('finish', () => {
    // Node has just begun to read the rest away.
    request.pause();
    const timer = setTimeout(() => request.socket.destroy(), LINGER_MS);
    request.socket.once('close', () => clearTimeout(timer));
  });
}
