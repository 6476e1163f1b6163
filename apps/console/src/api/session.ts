import { ApiError, request, session } from './client';
import type { Scope, Session } from './types';

const SESSION = '/console/session';
const LINK = /^#sign-in=([A-Za-z0-9_-]{43})$/;

/** Who is signed in, or becomes so by the link that the start has printed. @returns why the link did not work */
export async function enter(): Promise<string | undefined> {
  const link = LINK.exec(location.hash)?.[1];
  // Used once: neither the history nor a bookmark keeps it.
  if (link !== undefined) history.replaceState(null, '', location.pathname + location.search);
  if (link === undefined) {
    // Nothing where nobody is.
    session.value = (await request<Session | undefined>(SESSION)) ?? null;
    return undefined;
  }
  try {
    session.value = await request<Session>(SESSION, { method: 'POST', json: { link } });
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    // Somebody may be signed in already: the link was opened a second time.
    await enter();
    return session.value === null ? error.message : undefined;
  }
}

/** @throws ApiError */
export async function signIn(key: string): Promise<void> {
  session.value = await request<Session>(SESSION, { method: 'POST', json: { key } });
}

export async function signOut(): Promise<void> {
  await request(SESSION, { method: 'DELETE' });
  session.value = null;
}

export function may(scope: Scope): boolean {
  return session.value?.scopes.includes(scope) === true;
}

/** Whether the key reaches beyond single collections, as administration does. */
export function isUnbound(): boolean {
  return session.value?.collections === null;
}
