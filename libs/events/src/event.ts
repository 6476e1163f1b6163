import { Coverage, EventType, WorkProgress } from '@vectorlane/domain';
import { z } from 'zod';

/** What an event says of its document, as the trigger of the table has written it. */
export const EventBody = z.object({
  documentId: z.uuid(),
  /** `null` where the collection had been deleted before. */
  collection: z.string().nullable(),
  externalId: z.string().nullable(),
  filename: z.string(),
  /** Of the content that it is about. */
  revision: z.int(),
  status: z.string(),
  stage: z.string(),
  percent: z.int(),
  /** Of one in work, once its text was read. */
  progress: WorkProgress.exactOptional(),
  chunkCount: z.int().exactOptional(),
  /** Of one that is complete. */
  coverage: Coverage.exactOptional(),
  waitingFor: z.string().exactOptional(),
  failure: z.object({ code: z.string(), message: z.string(), retryable: z.boolean() }).exactOptional(),
});
export type EventBody = z.infer<typeof EventBody>;

export interface DocumentEvent {
  /** Grows from one event to the next, over all documents. */
  readonly number: number;
  readonly type: EventType;
  readonly at: Date;
  /** Key of the collection. */
  readonly collection: string;
  readonly documentId: string;
  readonly body: EventBody;
}

/** Which events somebody wants and may see. */
export interface EventFilter {
  /** Keys of collections; left out: all. */
  readonly collections?: readonly string[] | undefined;
  readonly documentId?: string | undefined;
  readonly types?: readonly EventType[] | undefined;
}

export function passes(filter: EventFilter, event: DocumentEvent): boolean {
  return (
    (filter.collections?.includes(event.collection) ?? true) &&
    (filter.documentId === undefined || filter.documentId === event.documentId) &&
    (filter.types?.includes(event.type) ?? true)
  );
}
