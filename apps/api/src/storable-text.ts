import { hasAtMost } from '@vectorlane/domain';
import { z } from 'zod';

/** What PostgreSQL takes as text: no NUL, no half of a surrogate pair. Refused here, where the caller learns of it. */
export const isStorable = (value: string): boolean => !value.includes('\u0000') && value.isWellFormed();

export const UNSTORABLE = 'may contain neither NUL characters nor lone surrogates';

/** What a schema can say of it. */
export const NO_NUL = '^[^\\u0000]*$';

/** Of at most so many characters; zod's own `max` counts the halves of surrogate pairs. */
export const atMost = (most: number, text: z.ZodString): z.ZodString =>
  text
    .refine((value) => hasAtMost(value, most), { error: `must have at most ${most} characters` })
    .meta({ maxLength: most });

export const storableText = (): z.ZodString =>
  z.string().refine(isStorable, { error: UNSTORABLE }).meta({ pattern: NO_NUL });
