import { z } from 'zod';

/**
 * Every setting of the program: the variable, its default and the reason for it, in the order an operator meets them.
 * `docs/configuration.md` is generated from this page. Add a setting here and nowhere else.
 */

const port = z.coerce.number().int().min(0).max(65_535);
const count = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
const milliseconds = (min: number, max: number) => count(min, max);
const url = (...protocols: string[]) =>
  z.string().refine((value) => protocols.some((protocol) => value.startsWith(`${protocol}://`)), {
    error: `must start with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`,
  });

const MEBIBYTE = 1024 * 1024;

export const settingsSchema = z
  .object({
    NODE_ENV: z
      .enum(['development', 'production', 'test'])
      .default('development')
      .meta({ reason: 'In `production` no key is made by itself and logs are JSON.' }),
    ROLE: z.enum(['all', 'api']).default('all').meta({
      reason: '`all` serves HTTP and works the queue; `api` serves HTTP alone and leaves the queue to others.',
    }),
    HOST: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .meta({ reason: 'Address the HTTP server binds; only this machine can reach it unless you open it.' }),
    PORT: port.default(3000).meta({ reason: 'Port of the HTTP server; 0 picks a free one.' }),
    DATA_DIR: z
      .string()
      .min(1)
      .default('./data')
      .meta({ reason: 'Folder of the embedded database, its lock and the first API key; one process at a time.' }),
    DATABASE_URL: url('postgres', 'postgresql').optional().meta({
      secret: true,
      reason: 'PostgreSQL with pgvector. Unset: a PostgreSQL runs inside, in `DATA_DIR`. Goes with `REDIS_URL`.',
    }),
    REDIS_URL: url('redis', 'rediss')
      .optional()
      .meta({ secret: true, reason: 'Redis or Valkey. Unset: a Valkey runs inside. Goes with `DATABASE_URL`.' }),

    LOG_LEVEL: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .default('info')
      .meta({ reason: 'Lowest level that is written.' }),
    LOG_FORMAT: z
      .enum(['auto', 'json', 'pretty'])
      .default('auto')
      .meta({ reason: '`auto` is pretty on a terminal outside production and JSON everywhere else.' }),

    DATABASE_POOL_SIZE: count(1, 200)
      .default(10)
      .meta({ reason: 'Connections to PostgreSQL; the embedded database is one session and always has 1.' }),
    DATABASE_CONNECT_TIMEOUT_MS: milliseconds(100, 60_000)
      .default(5_000)
      .meta({ reason: 'Longest wait for a free or new connection before a request fails.' }),
    DATABASE_QUERY_TIMEOUT_MS: milliseconds(100, 600_000)
      .default(30_000)
      .meta({ reason: 'Longest a single statement may take.' }),
    DATABASE_IDLE_TRANSACTION_TIMEOUT_MS: milliseconds(100, 600_000)
      .default(10_000)
      .meta({ reason: 'A transaction left idle this long is rolled back, so that it cannot hold up everybody else.' }),
    REDIS_COMMAND_TIMEOUT_MS: milliseconds(50, 60_000)
      .default(3_000)
      .meta({ reason: 'Longest a caller waits for Redis; an upload is accepted all the same and queued later.' }),

    MAX_UPLOAD_BYTES: count(1, 2048 * MEBIBYTE)
      .default(50 * MEBIBYTE)
      .meta({ reason: 'Largest file accepted; enforced while it streams in.' }),
    MAX_CONCURRENT_UPLOADS: count(1, 10_000)
      .default(32)
      .meta({ reason: 'Uploads spooled to disk at once; bounds the temporary folder to this many largest files.' }),
    FAST_LANE_MAX_BYTES: count(1, 2048 * MEBIBYTE)
      .default(5 * MEBIBYTE)
      .meta({ reason: 'A larger file goes to the heavy lane whatever its format, so that it holds up no small one.' }),
    FAST_LANE_CONCURRENCY: count(1, 100)
      .default(2)
      .meta({ reason: 'Documents of lane `fast` worked on at once in this process.' }),
    HEAVY_LANE_CONCURRENCY: count(1, 100)
      .default(1)
      .meta({ reason: 'Documents of lane `heavy` worked on at once in this process.' }),

    CHUNK_TOKENS: count(16, 8192)
      .default(256)
      .meta({ reason: 'Largest chunk in tokens of the model, special tokens and heading prefix included.' }),
    CHUNK_OVERLAP_TOKENS: count(0, 4096)
      .default(32)
      .meta({ reason: 'Tokens repeated from the chunk before, so that no sentence loses its context at a border.' }),
    EMBEDDING_MODEL_PATH: z.string().min(1).optional().meta({
      reason: 'Folder of another local BERT-like model (`tokenizer.json`, `onnx/model.onnx`). Unset: gte-small.',
    }),
    EMBEDDING_NUMBER_TYPE: z
      .enum(['int8', 'fp32'])
      .default('int8')
      .meta({ reason: '`int8` is twice as fast and a quarter as large as `fp32`, with the same search quality.' }),
    EMBEDDING_SPACE_CHANGE: z.enum(['refuse', 'reindex']).default('refuse').meta({
      reason:
        'When the database holds vectors of another model: `refuse` stops the boot, `reindex` embeds every document again.',
    }),
    EMBEDDING_THREADS: count(1, 64)
      .default(2)
      .meta({ reason: 'Embedding workers, one core each; one of them always takes queries first.' }),
    EMBEDDING_TIMEOUT_MS: milliseconds(1_000, 600_000)
      .default(60_000)
      .meta({ reason: 'Longest a query may wait for its vector, or a batch of passages for its next one.' }),

    INGESTION_MAX_ATTEMPTS: count(1, 20)
      .default(3)
      .meta({ reason: 'Errors that may pass before a document is given up.' }),
    INGESTION_MAX_INTERRUPTIONS: count(1, 1_000)
      .default(25)
      .meta({ reason: 'Crashes of ours that one document survives before it is set aside.' }),
    INGESTION_MAX_PARSER_DEATHS: count(1, 20)
      .default(3)
      .meta({ reason: 'Parsers that one document may bring down before it is set aside.' }),
    INGESTION_BACKOFF_MS: milliseconds(10, 600_000)
      .default(5_000)
      .meta({ reason: 'Wait before the second attempt; doubles with each one.' }),
    INGESTION_LEASE_MS: milliseconds(500, 600_000)
      .default(30_000)
      .meta({ reason: 'A document whose worker gave no sign for this long is taken over by another.' }),
    RECONCILE_INTERVAL_MS: milliseconds(100, 600_000)
      .default(5_000)
      .meta({ reason: 'How often unfinished documents without a live job are looked for and queued again.' }),
    EXTRACTION_TIMEOUT_MS: milliseconds(100, 3_600_000)
      .default(60_000)
      .meta({ reason: 'Longest a parser may take for one document.' }),

    SHUTDOWN_HTTP_TIMEOUT_MS: milliseconds(0, 600_000)
      .default(30_000)
      .meta({ reason: 'How long requests in flight may take to finish at shutdown.' }),
    SHUTDOWN_QUEUE_TIMEOUT_MS: milliseconds(0, 600_000).default(30_000).meta({
      reason: 'How long jobs in hand may take to finish at shutdown; what is left is taken up at the next start.',
    }),
    SHUTDOWN_DATABASE_TIMEOUT_MS: milliseconds(0, 600_000)
      .default(5_000)
      .meta({ reason: 'How long running queries may take to finish at shutdown.' }),

    BOOTSTRAP_API_KEY: z
      .string()
      .regex(/^vl_[A-Za-z0-9]{12}_[A-Za-z0-9_-]{43}$/, {
        error: 'must look like a key made by `npm run keys -- create`',
      })
      .optional()
      .meta({ secret: true, reason: 'Key with all scopes, stored hashed at the first start when no key exists yet.' }),
  })
  .superRefine((settings, context) => {
    if ((settings.DATABASE_URL === undefined) !== (settings.REDIS_URL === undefined)) {
      const missing = settings.DATABASE_URL === undefined ? 'DATABASE_URL' : 'REDIS_URL';
      context.addIssue({
        code: 'custom',
        path: [missing],
        message:
          'DATABASE_URL and REDIS_URL go together: set both for servers of your own, or neither to run them inside',
      });
    }
    if (settings.CHUNK_OVERLAP_TOKENS * 2 > settings.CHUNK_TOKENS) {
      context.addIssue({
        code: 'custom',
        path: ['CHUNK_OVERLAP_TOKENS'],
        message: `must be at most half of CHUNK_TOKENS (${settings.CHUNK_TOKENS})`,
      });
    }
  });

export type Settings = z.infer<typeof settingsSchema>;

/** What the pages of documentation and the boot messages need to know of one setting. */
export interface SettingDescription {
  readonly name: string;
  readonly defaultValue: string | undefined;
  readonly allowed: string;
  readonly reason: string;
  readonly secret: boolean;
}

/** All settings in the order of the schema. */
export function describeSettings(): readonly SettingDescription[] {
  return Object.entries(settingsSchema.shape).map(([name, field]) => {
    const meta = field.meta() ?? {};
    const json = z.toJSONSchema(field, { io: 'output', unrepresentable: 'any' });
    return {
      name,
      defaultValue: json.default === undefined ? undefined : JSON.stringify(json.default).replaceAll('"', ''),
      allowed: allowedValues(json),
      reason: typeof meta['reason'] === 'string' ? meta['reason'] : '',
      secret: meta['secret'] === true,
    };
  });
}

function allowedValues(json: z.core.JSONSchema.BaseSchema): string {
  if (json.enum !== undefined) return json.enum.map(String).join(' | ');
  if (json.type === 'integer') return `integer, ${json.minimum} to ${json.maximum}`;
  return 'text';
}
