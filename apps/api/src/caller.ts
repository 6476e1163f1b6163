import type { Principal } from '@vectorlane/auth';
import type { Response } from 'express';

/** Who is calling, kept with the response for the guard and the log. */
export function rememberCaller(response: Response, principal: Principal): void {
  response.locals['caller'] = principal;
}

export function callerOf(response: Response): Principal | undefined {
  return response.locals['caller'] as Principal | undefined;
}
