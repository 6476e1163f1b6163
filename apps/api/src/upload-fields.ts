import { CollectionName } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { externalIdSchema, metadataSchema, onDuplicateSchema } from './documents.schemas';
import { parseJson } from './json-body';
import { checked } from './validation';

/** What may stand beside the file of an upload. */
export const uploadFields = {
  metadata: (value: string) => checked(metadataSchema, jsonOf(value), 'metadata'),
  collection: (value: string) => checked(CollectionName, value, 'collection'),
  externalId: (value: string) => checked(externalIdSchema, value, 'externalId'),
  onDuplicate: (value: string) => checked(onDuplicateSchema, value, 'onDuplicate'),
};

function jsonOf(value: string): unknown {
  try {
    return parseJson(value);
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem('INVALID_REQUEST', 'metadata: must be a JSON object.', { cause });
  }
}
