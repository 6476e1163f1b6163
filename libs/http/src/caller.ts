import { type ParsedApiKey, parseApiKey, type Principal } from '@vectorlane/auth';
import { Problem } from '@vectorlane/errors';
import type { Request, Response } from 'express';

/** The key that a request shows, not yet verified. */
export interface PresentedKey {
  readonly given: boolean;
  /** Nothing when none was given, or one that cannot be ours. */
  readonly parsed: ParsedApiKey | undefined;
}

const OTHER_SCHEME = /^(basic|digest|negotiate|ntlm) /i;

/** Read once: for the limiter, which only asks who it may be, and for authentication. */
export function presentedKey(request: Request, response: Response): PresentedKey {
  const known = response.locals['presentedKey'] as PresentedKey | undefined;
  if (known !== undefined) return known;
  const header = request.get('x-api-key');
  const authorization = request.get('authorization');
  const bearer = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  const text = header ?? bearer;
  // Two keys that differ leave open whose request it is (RFC 6750, 2). `Basic …` may be for a proxy in front.
  const isClear =
    header === undefined || authorization === undefined || header === bearer || OTHER_SCHEME.test(authorization);
  const parsed = text !== undefined && isClear ? parseApiKey(text) : undefined;
  const presented = { given: text !== undefined, parsed };
  response.locals['presentedKey'] = presented;
  return presented;
}

/** Holds the token of a session of the console. */
export const SESSION_COOKIE = 'vectorlane_session';
/** What a form or a link of another page cannot send along. */
const SESSION_HEADER = 'x-vectorlane-console';
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The token of the session that a request shows, not yet verified. A key beside it counts instead. */
export function presentedSession(request: Request): string | undefined {
  const cookies = request.headers.cookie?.split(';') ?? [];
  const found = cookies.map((cookie) => cookie.trim()).find((cookie) => cookie.startsWith(`${SESSION_COOKIE}=`));
  return found?.slice(SESSION_COOKIE.length + 1);
}

/**
 * A browser sends the cookie along whatever page asks: what changes something must carry a header that only our own
 * page can set.
 * @throws Problem `SESSION_HEADER_MISSING`
 */
export function refuseForgery(request: Request): void {
  if (READING.has(request.method) || request.get(SESSION_HEADER) !== undefined) return;
  throw new Problem('SESSION_HEADER_MISSING', 'Send X-Vectorlane-Console: 1, or an API key in place of the cookie.');
}

/**
 * Who is calling, kept with the response for the guard and the log.
 * @param prove asks for it: now, and again where an answer lasts
 * @throws what `prove` throws
 */
export async function rememberCaller(response: Response, prove: () => Promise<Principal>): Promise<void> {
  response.locals['caller'] = await prove();
  response.locals['prove'] = prove;
}

/** Whether the caller of an answer that lasts is still good. @throws Problem `INVALID_API_KEY` where it is not */
export async function proveAgain(response: Response): Promise<void> {
  await (response.locals['prove'] as () => Promise<Principal>)();
}

export function callerOf(response: Response): Principal | undefined {
  return response.locals['caller'] as Principal | undefined;
}
