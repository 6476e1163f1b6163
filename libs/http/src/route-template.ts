import type { Request, Response } from 'express';
import type { Route } from './route-table';

/** Asked by machines as often as they like (docs/contract.md §1): not limited, and logged only when they fail. */
export const PROBES: ReadonlySet<string> = new Set(['/health', '/live', '/ready', '/metrics']);

/** Asked again and again by clients that follow a document: logged only when it is refused. */
export const POLLED = '/api/documents/:id';

/** Kept with the response from the first step on: later ones may rewrite the request's URL. */
export function rememberRoute(response: Response, route: Route | undefined): void {
  response.locals['route'] = route;
}

export function routeOf(response: Response): Route | undefined {
  return response.locals['route'] as Route | undefined;
}

/** The route as it is declared, `/api/documents/:id`; `unmatched` when none has this path. Never the raw path. */
export function routeTemplate(request: Request): string {
  return (request.res === undefined ? undefined : routeOf(request.res)?.template) ?? 'unmatched';
}
