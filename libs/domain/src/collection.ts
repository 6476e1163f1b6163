import { z } from 'zod';

/** Collections keep documents apart. Each document is in exactly one. */
export const COLLECTION_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

export const CollectionName = z
  .string()
  .regex(COLLECTION_NAME, {
    error: 'must be 1 to 63 lower-case letters, digits, dots, dashes or underscores, the first a letter or a digit',
  })
  .meta({ description: 'Name of a collection.', example: 'handbooks' });

/** Where a document goes that names no collection. It is always there. */
export const DEFAULT_COLLECTION = 'default';
