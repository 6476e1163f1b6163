import { randomUUID } from 'node:crypto';
import type { LogContext } from '@vectorlane/logging';
import type { RequestHandler } from 'express';
import type { RouteTable } from './route-table';
import { rememberRoute } from './route-template';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** `X-Request-ID`: the caller's if it is well-formed, else ours; bound to every line logged for this request. */
export function requestContext(log: LogContext, routes: RouteTable): RequestHandler {
  return (request, response, next) => {
    const given = request.get('x-request-id');
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : randomUUID();
    response.locals['requestId'] = requestId;
    response.setHeader('X-Request-ID', requestId);
    rememberRoute(response, routes.find(request.path));
    log.run({ requestId }, next);
  };
}
