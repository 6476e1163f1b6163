import { CollectionName, DocumentCondition, DocumentStatus, Place, SearchMode } from '@vectorlane/domain';
import { z } from 'zod';
import { metadataSchema } from '../documents.schemas';
import { atMost, someText } from '../storable-text';

/**
 * The tools of the MCP server: what goes in and what comes out. `search` and `fetch` have the shapes that connectors
 * of ChatGPT and Claude ask for (`id`, `title`, `url`; `text`, `metadata`), and more beside them.
 */

/** What one answer of `fetch` holds, in UTF-16 code units: about 12,000 tokens. */
export const FETCH_CHARACTERS = 50_000;

const READS = { readOnlyHint: true, openWorldHint: false } as const;

const id = z.string().describe('The id of a document.');
const title = z.string().describe('Its file name.');
const collections = z
  .array(CollectionName)
  .min(1)
  .max(100)
  .optional()
  .describe('Of these collections alone. Left out: all that the key may see.');
const url = z.string().describe('Where its text is, for who has a key.');

export const search = {
  annotations: READS,
  title: 'Search the documents',
  description:
    'Finds the documents that answer a question, best first, each with its best passage. Asks by meaning and by words ' +
    'at once; "an exact phrase" must occur, a -word must not.',
  inputSchema: {
    query: someText(4_096).describe('A question or words, in any language.'),
    limit: z.int().min(1).max(50).default(10).describe('Most documents in the answer.'),
    mode: SearchMode.default('hybrid').describe('By meaning (vector), by words (keyword), or both.'),
    filter: DocumentCondition.exactOptional().describe(
      'Which documents: {"format": ["pdf"], "metadata": {"year": 2026}}.',
    ),
    collections,
  },
  outputSchema: {
    results: z.array(
      z.object({
        ...{ id, title, url },
        text: z.string().describe('The passage.'),
        score: z.number().describe('0 to 1; compares within one answer only.'),
        place: Place,
      }),
    ),
    degraded: z.array(z.string()).optional().describe('What did not take part: `vector` where words answered alone.'),
  },
};

export const fetch = {
  annotations: READS,
  title: 'Read a document',
  description: `The text of a document, at most ${FETCH_CHARACTERS.toLocaleString('en')} characters at a time.`,
  inputSchema: {
    id: z.string().max(200).describe('The id that a search gave.'),
    offset: z.int().min(0).default(0).describe('Where to go on: the `nextOffset` of the answer before.'),
  },
  outputSchema: {
    ...{ id, title, url },
    text: z.string(),
    metadata: z.object({
      format: z.string(),
      createdAt: z.string(),
      document: z.record(z.string(), z.unknown()).describe('What its uploader said of it.'),
      totalCharacters: z.int(),
      nextOffset: z.int().optional().describe('There is more: where it goes on.'),
    }),
  },
};

export const listCollections = {
  annotations: READS,
  title: 'List the collections',
  description: 'The collections of documents that the key may see, by name.',
  inputSchema: {
    limit: z.int().min(1).max(100).default(50),
    cursor: z.string().max(256).optional().describe('The `nextCursor` of the page before.'),
  },
  outputSchema: {
    collections: z.array(z.object({ name: z.string(), documents: z.int(), description: z.string().optional() })),
    nextCursor: z.string().optional(),
  },
};

export const listDocuments = {
  annotations: READS,
  title: 'List the documents',
  description: 'All documents, newest first, a page at a time.',
  inputSchema: {
    limit: z.int().min(1).max(100).default(20),
    cursor: z.string().max(256).optional().describe('The `nextCursor` of the page before.'),
    status: DocumentStatus.optional(),
    collections,
  },
  outputSchema: {
    documents: z.array(
      z.object({
        ...{ id, title, url },
        collection: z.string(),
        format: z.string(),
        status: DocumentStatus,
        createdAt: z.string(),
      }),
    ),
    nextCursor: z.string().optional(),
  },
};

export const addText = {
  // The same text again is answered with the document that is there.
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  title: 'Add a text',
  description:
    'Stores a text as a document that searches find, and waits until they do. The same text again is no second document.',
  inputSchema: {
    text: atMost(1_000_000, z.string().min(1)),
    title: atMost(1_024, z.string().min(1)).default('text.txt').describe('A file name; `.md` keeps headings.'),
    metadata: metadataSchema.default({}),
    collection: CollectionName.optional().describe('Where it goes; one that is not there is made.'),
  },
  outputSchema: {
    ...{ id, title },
    status: DocumentStatus.describe('`completed` can be searched; `pending` and `processing` soon can.'),
    duplicate: z.boolean().describe('Whether it was here already.'),
    failure: z.object({ code: z.string(), message: z.string() }).optional(),
  },
};

/** At most one answer's worth from the offset on, no surrogate pair torn. */
export function wholeCharacters(text: string, offset: number): string {
  const part = text.slice(offset, offset + FETCH_CHARACTERS);
  return /[\uD800-\uDBFF]$/.test(part) && offset + part.length < text.length ? part.slice(0, -1) : part;
}
