import { type ParsedApiKey, parseApiKey, type Principal } from '@vectorlane/auth';
import type { Request, Response } from 'express';

/** The key that a request shows, not yet verified. */
export interface PresentedKey {
  readonly given: boolean;
  /** Nothing when none was given, or one that cannot be ours. */
  readonly parsed: ParsedApiKey | undefined;
}

/** Read once: for the limiter, which only asks who it may be, and for authentication. */
export function presentedKey(request: Request, response: Response): PresentedKey {
  const known = response.locals['presentedKey'] as PresentedKey | undefined;
  if (known !== undefined) return known;
  const text = request.get('x-api-key') ?? /^Bearer +(\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
  const presented = { given: text !== undefined, parsed: text === undefined ? undefined : parseApiKey(text) };
  response.locals['presentedKey'] = presented;
  return presented;
}

/** Who is calling, kept with the response for the guard and the log. */
export function rememberCaller(response: Response, principal: Principal): void {
  response.locals['caller'] = principal;
}

export function callerOf(response: Response): Principal | undefined {
  return response.locals['caller'] as Principal | undefined;
}
