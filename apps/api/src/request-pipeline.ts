import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ApiKeysService } from '@vectorlane/auth';
import { Problem } from '@vectorlane/errors';
import { LogContext } from '@vectorlane/logging';
import type { Request, RequestHandler } from 'express';
import helmet from 'helmet';
import { callerOf, rememberCaller } from './caller';
import { readJson } from './json-body';
import { routeTemplate } from './route-template';

const REQUEST_ID = /^[A-Za-z0-9._-]{1,128}$/;

/**
 * The road of every request, in order, before Nest finds its route:
 * request id and log context → one log line at the end of the response → security headers → API key → JSON body → route.
 */
export function mountRequestPipeline(app: NestExpressApplication): void {
  app.disable('x-powered-by');
  // One way to write a route: `/API/…` must not pass by what is mounted on `/api`. Before the first use of the router.
  app.enable('case sensitive routing');
  app.use(requestContext(app.get(LogContext)));
  app.use(requestLog());
  app.use(securityHeaders());
  app.use('/api', authenticate(app.get(ApiKeysService)));
  app.use('/api', jsonBody());
}

/** `X-Request-ID`: the caller's if it is well-formed, else ours; bound to every line logged for this request. */
function requestContext(log: LogContext): RequestHandler {
  return (request, response, next) => {
    const given = request.get('x-request-id');
    const requestId = given !== undefined && REQUEST_ID.test(given) ? given : randomUUID();
    response.locals['requestId'] = requestId;
    response.setHeader('X-Request-ID', requestId);
    log.run({ requestId }, next);
  };
}

/** One line a request, refused or not, when its response has ended. Never a query string, a header or a body. */
function requestLog(): RequestHandler {
  const logger = new Logger('Http');
  return (request, response, next) => {
    const startedAt = performance.now();
    response.once('close', () => {
      const line = {
        // `close` may come from outside of the log context, when the client went away.
        requestId: response.locals['requestId'] as string,
        method: request.method,
        route: routeTemplate(request),
        status: response.statusCode,
        durationMs: Math.round(performance.now() - startedAt),
        ...(callerOf(response) && { keyId: callerOf(response)?.keyId }),
        ...(!response.writableFinished && { aborted: true }),
      };
      // Probes come every second; they are worth a line only to somebody who looks for one.
      if (request.path.startsWith('/api') || response.statusCode >= 500) logger.log(line, 'request');
      else logger.debug(line, 'request');
    });
    next();
  };
}

function securityHeaders(): RequestHandler {
  const forPages = helmet({ contentSecurityPolicy: DOCS_POLICY });
  const forPrograms = helmet({ contentSecurityPolicy: API_POLICY });
  return (request, response, next) => (isDocumentation(request.path) ? forPages : forPrograms)(request, response, next);
}

function isDocumentation(path: string): boolean {
  return path === '/docs' || path.startsWith('/docs/');
}

/** Everything below `/api`, known or not, needs a key: an unknown route tells a stranger nothing. */
function authenticate(keys: ApiKeysService): RequestHandler {
  return async (request, response, next) => {
    const presented = presentedKey(request);
    if (presented === undefined) {
      throw new Problem('MISSING_API_KEY', 'Send your key as `X-API-Key: <key>` or `Authorization: Bearer <key>`.');
    }
    rememberCaller(response, await keys.verify(presented));
    next();
  };
}

function presentedKey(request: Request): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
  return request.get('x-api-key') ?? bearer;
}

function jsonBody(): RequestHandler {
  return async (request, _response, next) => {
    if (request.is('application/json')) request.body = await readJson(request);
    next();
  };
}

/** An API serves nothing that a browser should run, load or frame. */
const API_POLICY = {
  useDefaults: false,
  directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
};

/** What Swagger UI needs and no more: its own scripts and styles, inline styles, data images. */
const DOCS_POLICY = {
  useDefaults: false,
  directives: {
    baseUri: ["'none'"],
    formAction: ["'self'"],
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    fontSrc: ["'self'"],
    frameAncestors: ["'none'"],
  },
};
