import type { Request } from 'express';

/** The route as it is declared, `/api/documents/:id`; `unmatched` when none was found. Never the raw path. */
export function routeTemplate(request: Request): string {
  const route = request.route as { path?: unknown } | undefined;
  return typeof route?.path === 'string' ? route.path : 'unmatched';
}
