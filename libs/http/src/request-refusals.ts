import { Problem } from '@vectorlane/errors';
import type { RequestHandler } from 'express';
import { concernsServer, targetRefusal } from './request-target';
import { routeOf } from './route-template';

const METHODS = 'GET, HEAD, POST, DELETE, OPTIONS';

/** 400 for a target that cannot be read. */
export function refuseUnreadable(): RequestHandler {
  return (request, _response, next) => {
    const refusal = targetRefusal(request);
    if (refusal !== undefined) throw new Problem('INVALID_REQUEST', refusal);
    next();
  };
}

/** 405 for a method that the route lacks; OPTIONS ends here: 204. */
export function refuseMethod(): RequestHandler {
  return (request, response, next) => {
    const route = routeOf(response);
    const known = route === undefined ? concernsServer(request) : !route.methods.has(request.method);
    if (!known) {
      next();
      return;
    }
    const allowed = route === undefined ? METHODS : [...route.methods, 'OPTIONS'].join(', ');
    response.setHeader('Allow', allowed);
    if (request.method !== 'OPTIONS') {
      throw new Problem('METHOD_NOT_ALLOWED', `This route answers ${allowed}.`);
    }
    response.status(204).end();
  };
}
