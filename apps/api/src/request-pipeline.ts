import type { NestExpressApplication } from '@nestjs/platform-express';
import { ApiKeysService, ConsoleSessions } from '@vectorlane/auth';
import { Config } from '@vectorlane/config';
import { RequestScope } from '@vectorlane/database';
import { Problem } from '@vectorlane/errors';
import { LogContext } from '@vectorlane/logging';
import { HttpMetrics } from '@vectorlane/metrics';
import {
  answerParserErrors,
  inviteBody,
  presentedKey,
  presentedSession,
  PROBES,
  refuseForgery,
  refuseMethod,
  refuseUnreadable,
  rememberCaller,
  requestContext,
  RequestEnds,
  routeOf,
  RouteTable,
  securityHeaders,
} from '@vectorlane/http';
import type { RequestHandler } from 'express';
import { consoleFiles } from './console/console-files';
import { crossOrigin } from './cross-origin';
import { readJson } from './json-body';
import { RateLimiter } from './rate-limit/rate-limiter';

/** What needs a key, whatever stands below it. */
const KEPT = ['/api', '/mcp', '/openai'];
const CONSOLE = '/console';
const SIGN_IN = '/console/session';

/**
 * What every request passes through, in order, before Nest finds its handler. A step that refuses throws a `Problem`,
 * which `ProblemFilter` answers; headers that were set before it stay on the answer.
 */
export function mountRequestPipeline(app: NestExpressApplication): void {
  const config = app.get(Config);
  const ends = new RequestEnds(app.get(HttpMetrics));
  app.set('trust proxy', config.TRUST_PROXY ?? false);

  // What never becomes a request: 400, 405, 408, 431.
  answerParserErrors(app.getHttpServer(), ends);

  // Request id, route, log context.
  app.use(requestContext(app.get(LogContext), app.get(RouteTable)));
  // The clock; at the end of the response it counts, times and logs, once.
  app.use(ends.observe());
  // What it asks of the database is bounded: 503.
  app.use(boundDatabase());
  // Helmet.
  app.use(securityHeaders());
  // CORS. A preflight ends here: 204.
  app.use(crossOrigin(config.CORS_ORIGIN ?? []));
  // Rate limit: 429. A target that cannot be read: 400.
  app.use(limitRate(app.get(RateLimiter)));
  app.use(refuseUnreadable());
  // API key: 401.
  app.use(KEPT, authenticate(app.get(ApiKeysService), app.get(ConsoleSessions)));
  // The files of the console, which need none.
  if (config.CONSOLE_ENABLED) app.use(CONSOLE, consoleFiles());
  // A method the route lacks: 405. OPTIONS ends here: 204.
  app.use(refuseMethod());
  // A JSON body: 400, 413, 415. A file streams to its handler.
  app.use([...KEPT, SIGN_IN], readBody());
  // And then Nest: scope (403), parameters (400), handler.
}

/** Everything below is this request's: what it waits for at the database is given up while its caller still waits. */
function boundDatabase(): RequestHandler {
  return (_request, _response, next) => RequestScope.run(next);
}

/** Before anything is spent on the request: its key is not verified yet, and its body not read. */
function limitRate(limiter: RateLimiter): RequestHandler {
  return async (request, response, next) => {
    const route = routeOf(response);
    const unlimited = route !== undefined && PROBES.has(route.template) && route.methods.has(request.method);
    if (!unlimited) await limiter.admit(request, response);
    next();
  };
}

/** All of it, known or not, needs a key: an unknown route tells a stranger nothing. */
function authenticate(keys: ApiKeysService, sessions: ConsoleSessions): RequestHandler {
  return async (request, response, next) => {
    const { given, parsed } = presentedKey(request, response);
    const session = given || request.baseUrl !== '/api' ? undefined : presentedSession(request);
    if (session !== undefined) {
      await rememberCaller(response, () => sessions.verify(session));
      refuseForgery(request);
      next();
      return;
    }
    if (!given) {
      throw new Problem('MISSING_API_KEY', 'Send your key as `X-API-Key: <key>` or `Authorization: Bearer <key>`.');
    }
    await rememberCaller(response, () => keys.verify(parsed));
    next();
  };
}

/** What `Expect: 100-continue` keeps back is asked for here, and JSON is read. */
function readBody(): RequestHandler {
  return async (request, response, next) => {
    inviteBody(request, response);
    if (request.is('application/json')) request.body = await readJson(request);
    next();
  };
}
