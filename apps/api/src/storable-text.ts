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

/** A text that says something: white space at its ends goes, and white space alone is none. */
export const someText = (most: number): z.ZodString =>
  atMost(most, z.string().trim().min(1).refine(isStorable, { error: UNSTORABLE })).meta({
    pattern: '^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$',
  });
