import { StandardSchemaValidationPipe } from '@nestjs/common';
import { Problem } from '@vectorlane/errors';
import { z } from 'zod';

const MOST_ISSUES = 5;

/** Nest's takes keys like `constructor` out of a body first: a filter by such a key would then filter nothing. */
class ValidationPipe extends StandardSchemaValidationPipe {
  protected override stripProtoKeys(): void {
    // The schemas say which keys there may be, and nothing is ever merged into another object.
  }
}

/** Validates every parameter that carries a schema; a bad one is a 400 that names the field. */
export const validationPipe = new ValidationPipe({
  exceptionFactory: (issues) => {
    const shown = issues.slice(0, MOST_ISSUES).map((issue) => {
      const path = issue.path?.map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.');
      if (path) return `${path}: ${inWords(issue.message)}`;
      // Nothing was parsed at all: the commonest slip with curl.
      return issue.message.endsWith('received undefined')
        ? 'There is no JSON body. Send one with `Content-Type: application/json`'
        : issue.message;
    });
    const more = issues.length > MOST_ISSUES ? ` (and ${issues.length - MOST_ISSUES} more)` : '';
    return new Problem('INVALID_REQUEST', `${shown.join('; ')}${more}.`);
  },
});

/** zod's wording for the two commonest slips, said so that a person need not know zod. */
export function inWords(message: string): string {
  if (message.endsWith('received undefined')) return 'is missing';
  if (message.endsWith('received NaN')) return 'must be a number';
  return message;
}

/** A path parameter that cannot be an id names nothing: the same 404 as an unknown one. */
export function documentId(value: string): string {
  if (!z.uuid().safeParse(value).success) throw new Problem('DOCUMENT_NOT_FOUND', 'There is no such document.');
  return value;
}
