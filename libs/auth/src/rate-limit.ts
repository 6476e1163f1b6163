/**
 * Requests a minute that a key may make wherever they come from; `none`: as many as it likes. `null`: it has no limit
 * of its own, and its requests count with those of the address they come from.
 */
export type KeyRateLimit = number | 'none' | null;

/** How the column says it: 0 is `none`, since a key that may make no request at all would be a revoked one. */
export const rateLimitColumn = {
  to: (limit: KeyRateLimit | undefined): number | null | undefined => (limit === 'none' ? 0 : limit),
  from: (stored: number | null): KeyRateLimit => (stored === 0 ? 'none' : stored),
};
