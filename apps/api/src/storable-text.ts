import { z } from 'zod';

/** What PostgreSQL takes as text: no NUL, no half of a surrogate pair. Refused here, where the caller learns of it. */
export const isStorable = (value: string): boolean => !value.includes('\u0000') && value.isWellFormed();

export const UNSTORABLE = 'may contain neither NUL characters nor lone surrogates';

export const storableText = (): z.ZodString => z.string().refine(isStorable, { error: UNSTORABLE });
