import { NumberType } from '@vectorlane/domain';
import { z } from 'zod';
import { parseOrigins, parseTrustedProxies } from './network-settings';
import { count, isBareUrl, milliseconds, port, readBy, url } from './setting-kinds';
import { checkTogether } from './setting-rules';

/**
 * Every setting of the program: the variable, its default and the reason for it, in the order an operator meets them.
 * `docs/configuration.md` is generated from this page. Add a setting here and nowhere else.
 */

const MEBIBYTE = 1024 * 1024;

export const settingsSchema = z
  .object({
    NODE_ENV: z.enum(['development', 'production', 'test']).default('development').meta({
      reason:
        'In `production` no key is made by itself, logs are JSON, and a commit of the embedded database waits for the disk.',
    }),
    ROLE: z.enum(['all', 'api']).default('all').meta({
      reason: '`all` serves HTTP and works the queue; `api` serves HTTP alone and leaves the queue to others.',
    }),
    HOST: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .meta({ reason: 'Address the HTTP server binds; only this machine can reach it unless you open it.' }),
    PORT: port.default(3000).meta({ reason: 'Port of the HTTP server; 0 picks a free one.' }),
    WORKER_PORT: port.default(3001).meta({
      reason: 'Port of a worker process (`npm run worker`) for its probes and metrics; 0 picks a free one.',
    }),
    DATA_DIR: z
      .string()
      .min(1)
      .default('./data')
      .meta({ reason: 'Folder of the embedded database, its lock and the first API key; one process at a time.' }),
    DATABASE_URL: url('postgres', 'postgresql').optional().meta({
      secret: true,
      reason:
        'PostgreSQL with pgvector; several hosts with commas between them, of which the one that takes writes is used. Unset: a PostgreSQL runs inside, in `DATA_DIR`. Goes with `REDIS_URL`.',
    }),
    REDIS_URL: url('redis', 'rediss', 'redis+sentinel', 'rediss+sentinel').optional().meta({
      secret: true,
      reason:
        'Redis or Valkey, or `redis+sentinel://host:port,host:port/master-name`. Unset: a Valkey runs inside. Goes with `DATABASE_URL`.',
    }),

    TRUST_PROXY: readBy(parseTrustedProxies).optional().meta({
      reason:
        'Proxies in front, so that a client is told from its proxy: how many (`1`), or their networks (`10.0.0.0/8`). Unset: none, and `X-Forwarded-For` is not read. A count is right only where nobody gets round the proxies.',
    }),
    CORS_ORIGIN: readBy(parseOrigins).optional().meta({
      reason: 'Web pages that may call the API from a browser: origins separated by commas. Unset: none.',
    }),
    RATE_LIMIT_PER_MINUTE: count(1, 1_000_000_000).default(100).meta({
      reason:
        'Requests a client may make in a minute, over all routes together and all processes; a key can have a limit of its own, or none.',
    }),
    RATE_LIMIT_REDIS_TIMEOUT_MS: milliseconds(1, 10_000).default(100).meta({
      reason: 'Longest a request waits for Redis to count it; after that each process counts on its own for a while.',
    }),

    LOG_LEVEL: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .default('info')
      .meta({ reason: 'Lowest level that is written.' }),
    LOG_FORMAT: z
      .enum(['auto', 'json', 'pretty'])
      .default('auto')
      .meta({ reason: '`auto` is pretty on a terminal outside production and JSON everywhere else.' }),

    METRICS_TOKEN: z
      .string()
      .regex(/^[\x21-\x7e]{16,256}$/, { error: 'must be 16 to 256 visible ASCII characters without spaces' })
      .optional()
      .meta({
        secret: true,
        reason: 'Bearer token that `GET /metrics` asks for. Unset: anybody who reaches the port may scrape.',
      }),

    WEBHOOK_ALLOW_PRIVATE: z.stringbool().default(false).meta({
      reason:
        'Whether webhooks may lead to private addresses, to this machine and its network. Only where every administrator may reach them anyway.',
    }),
    WEBHOOK_KEY: z.string().min(32).optional().meta({
      secret: true,
      reason:
        'What the secrets of webhooks follow from, the same for all processes: `openssl rand -hex 32`. Unset: one that is kept in the database. Changing it changes every secret.',
    }),
    ALERT_WEBHOOK_URL: url('http', 'https')
      .refine((value) => URL.canParse(value), { error: 'must be a whole address, such as https://host/path' })
      .optional()
      .meta({
        secret: true,
        reason:
          'Where alerts are posted: Slack, Discord, or anything that takes JSON. Unset: they go to the log alone.',
      }),
    ALERT_WEBHOOK_KIND: z.enum(['auto', 'slack', 'discord', 'json']).default('auto').meta({
      reason: '`auto` tells Slack and Discord by their hosts and sends plain JSON to any other; set it behind a relay.',
    }),
    ALERT_THRESHOLD: count(1, 100_000).default(5).meta({
      reason:
        'Errors of one type within an hour, over all processes, that raise an alert; ten times as many escalate it. A lost dependency alerts at once.',
    }),
    ALERT_TIMEOUT_MS: milliseconds(100, 60_000)
      .default(5_000)
      .meta({ reason: 'Longest wait for one answer of the webhook; requests never wait for it.' }),

    DATABASE_POOL_SIZE: count(1, 200).default(10).meta({
      reason:
        'Connections to PostgreSQL, beside one for readiness; the embedded database is one session and always has 1.',
    }),
    DATABASE_CONNECT_TIMEOUT_MS: milliseconds(100, 60_000)
      .default(5_000)
      .meta({ reason: 'Longest wait for a free or new connection.' }),
    DATABASE_QUERY_TIMEOUT_MS: milliseconds(100, 600_000)
      .default(30_000)
      .meta({ reason: 'Longest a single statement may take.' }),
    DATABASE_REQUEST_TIMEOUT_MS: milliseconds(100, 600_000).default(2_500).meta({
      reason:
        'Longest a request waits for a connection to a PostgreSQL server, or for one that gives no sign of life, before it is refused with 503. A statement that is only slow may take as long as any other, and so may ingestion.',
    }),
    DATABASE_IDLE_TRANSACTION_TIMEOUT_MS: milliseconds(100, 600_000)
      .default(10_000)
      .meta({ reason: 'A transaction left idle this long is rolled back, so that it cannot hold up everybody else.' }),
    REDIS_COMMAND_TIMEOUT_MS: milliseconds(50, 60_000)
      .default(3_000)
      .meta({ reason: 'Longest a caller waits for Redis; an upload is accepted all the same and queued later.' }),

    MAX_UPLOAD_BYTES: count(1, 2048 * MEBIBYTE)
      .default(50 * MEBIBYTE)
      .meta({ reason: 'Largest file accepted; enforced while it streams in.' }),
    MAX_CONCURRENT_UPLOADS: count(1, 10_000).default(32).meta({
      reason:
        'Uploads spooled to disk at once, at most half of them of one key; more wait up to 5 s. Bounds the temporary folder to this many largest files.',
    }),
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
    EMBEDDING_NUMBER_TYPE: NumberType.default('int8').meta({
      reason:
        'Of a model in this process: `int8` is twice as fast and a quarter as large as `fp32`, with the same search quality.',
    }),
    EMBEDDING_SPACE_CHANGE: z.enum(['refuse', 'reindex']).default('refuse').meta({
      reason:
        'When the database holds vectors of another model: `refuse` stops the boot, `reindex` embeds every document again.',
    }),
    EMBEDDING_THREADS: count(1, 64).default(2).meta({
      reason:
        'Embedding threads at most, one core each. One is always there; the others come with lasting work and go a minute after it.',
    }),
    EMBEDDING_TIMEOUT_MS: milliseconds(1_000, 600_000)
      .default(60_000)
      .meta({ reason: 'Longest a query may wait for its vector, or a batch of passages for its next one.' }),

    EMBEDDING_API_URL: url('http', 'https')
      .refine((value) => isBareUrl(value), {
        error: 'must be a URL up to and including the version (https://host/v1), without user, password, query or hash',
      })
      .optional()
      .meta({
        secret: true,
        reason:
          "An endpoint that speaks OpenAI's embeddings protocol (OpenAI, text-embeddings-inference, Ollama, vLLM, LocalAI), up to and including `/v1`. Unset: the model runs in this process. Goes with `EMBEDDING_API_MODEL`.",
      }),
    EMBEDDING_API_KEY: z
      .string()
      .regex(/^[\x21-\x7e]{1,4096}$/, { error: 'must be visible ASCII characters without spaces' })
      .optional()
      .meta({ secret: true, reason: 'Bearer token of the endpoint. Unset: none is sent.' }),
    EMBEDDING_API_MODEL: z.string().min(1).max(200).optional().meta({
      reason: 'Name of the model as the endpoint knows it. Another name is another embedding space.',
    }),
    EMBEDDING_API_REVISION: z.string().min(1).max(200).optional().meta({
      reason:
        'Version of the model behind its name, in words of your own. Change it when the endpoint has changed the weights: it makes an embedding space of its own.',
    }),
    EMBEDDING_API_DIMENSIONS: count(1, 2_000).optional().meta({
      reason:
        'Numbers of a vector; asked of the endpoint, and every vector is checked for it. Unset: learned from the endpoint at each start, which then has to answer.',
    }),
    EMBEDDING_API_WINDOW_TOKENS: count(32, 32_768).default(512).meta({
      reason:
        "Longest text the endpoint takes, in its tokens; longer ones are cut. 512 is what most open models have, 8191 OpenAI's. Counted by an estimate that is rather too high.",
    }),
    EMBEDDING_API_BATCH_TEXTS: count(1, 2_048).default(32).meta({
      reason:
        'Most texts of one request to the endpoint or the AI worker; text-embeddings-inference takes 32 unless told otherwise.',
    }),
    EMBEDDING_API_BATCH_TOKENS: count(32, 1_000_000).default(8_192).meta({
      reason: 'Most tokens of one such request, by the same estimate; a longer text goes alone.',
    }),
    EMBEDDING_API_CONCURRENCY: count(1, 64).default(4).meta({
      reason:
        'Requests to the endpoint or the AI worker for vectors at once in this process; of two and more, one is kept for queries.',
    }),
    EMBEDDING_API_TIMEOUT_MS: milliseconds(10, 600_000).default(30_000).meta({
      reason:
        'Longest one request to the endpoint or the AI worker for vectors may take before it is tried again; all of them share `EMBEDDING_TIMEOUT_MS`.',
    }),
    EMBEDDING_QUERY_PREFIX: z.string().min(1).max(1_000).optional().meta({
      reason:
        'Put before each query, with a space between, for models trained so (e5: `query:`). Part of the embedding space. Goes with `EMBEDDING_API_URL`.',
    }),
    EMBEDDING_PASSAGE_PREFIX: z.string().min(1).max(1_000).optional().meta({
      reason:
        'Put before each passage in the same way (e5: `passage:`); its tokens are taken off each chunk. Goes with `EMBEDDING_API_URL`.',
    }),

    RERANK_API_URL: url('http', 'https')
      .refine((value) => isBareUrl(value), {
        error: 'must be a URL up to the version or to /rerank, without user, password, query or hash',
      })
      .optional()
      .meta({
        secret: true,
        reason:
          "A reranker that speaks Cohere's v2 protocol (Cohere, Jina, vLLM, Infinity) or text-embeddings-inference's: `https://api.cohere.com`, `http://tei:8080`, or the whole address that ends in `/rerank`. Unset: the AI worker is asked, which may have one (`RERANK_MODEL_PATH` there).",
      }),
    RERANK_API_KEY: z
      .string()
      .regex(/^[\x21-\x7e]{1,4096}$/, { error: 'must be visible ASCII characters without spaces' })
      .optional()
      .meta({ secret: true, reason: 'Bearer token of the reranker. Unset: none is sent.' }),
    RERANK_API_MODEL: z.string().min(1).max(200).optional().meta({
      reason: "Name of the model as the reranker knows it; Cohere's protocol asks for one.",
    }),
    RERANK_API_KIND: z.enum(['auto', 'cohere', 'tei']).default('auto').meta({
      reason: 'Protocol of the reranker. `auto`: found out by asking.',
    }),
    RERANK_TIMEOUT_MS: milliseconds(50, 60_000).default(2_000).meta({
      reason: 'Longest a search waits for the reranker; then the order is the one without it.',
    }),
    RERANK_DEFAULT: z.stringbool().default(false).meta({
      reason: 'Whether a search that does not say `rerank` is reranked. Goes with a reranker.',
    }),

    SEARCH_RECALL_PROBE_ONE_IN: count(0, 1_000_000).default(200).meta({
      reason:
        'One search by vectors in so many is made again by reading every vector, after its answer, for `search_recall_ratio`; at most one in 30 s for 10 s. 0: none. Not in the embedded database.',
    }),

    CONSOLE_ENABLED: z.stringbool().default(true).meta({
      reason: 'Whether the web console is served at `/console/`.',
    }),

    AI_WORKER_URL: url('http', 'https')
      .refine((value) => isBareUrl(value), {
        error: 'must be the address alone (http://host:8000), without user, password, query or hash',
      })
      .optional()
      .meta({
        secret: true,
        reason:
          'The Python AI worker (`npm run ai-worker`): it reads PDF, scans among them, and images, embeds with gte-small in fp32 unless `EMBEDDING_API_URL` or `EMBEDDING_MODEL_PATH` says where vectors come from, and reranks if it has a model for that. Unset: everything but images and scans works without it. Goes with `AI_WORKER_TOKEN`; the same for all processes.',
      }),
    AI_WORKER_TOKEN: z
      .string()
      .regex(/^[\x21-\x7e]{32,4096}$/, { error: 'must be 32 or more visible ASCII characters without spaces' })
      .optional()
      .meta({ secret: true, reason: 'Bearer token that the AI worker asks for, its own `AI_WORKER_TOKEN`.' }),
    AI_WORKER_EXTRACTION_TIMEOUT_MS: milliseconds(1_000, 3_600_000).default(200_000).meta({
      reason:
        'Longest the AI worker may take to answer with the text of one document: its own bounds on the upload (30 s), the wait (30 s) and the parser (120 s), and a margin.',
    }),
    AI_WORKER_MAX_WAIT_MS: milliseconds(0, 600_000).default(60_000).meta({
      reason:
        'Longest an attempt at a document waits, all tries together, for an AI worker that is busy or, for an image, away. A PDF is then read by the parser in this program.',
    }),

    INGESTION_MAX_ATTEMPTS: count(1, 20)
      .default(3)
      .meta({ reason: 'Errors that may pass before a document is given up.' }),
    INGESTION_MAX_INTERRUPTIONS: count(1, 1_000)
      .default(3)
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
    INGESTION_MAX_UNFINISHED: count(1, 100_000_000).default(100_000).meta({
      reason:
        'Documents that may wait or be in work; with more an upload is answered 503 `INGESTION_BUSY`, until a fifth of them is done. Searches go on.',
    }),
    INGESTION_MAX_AGE_MS: milliseconds(1_000, 30 * 86_400_000)
      .optional()
      .meta({
        reason:
          'How long the oldest unfinished document may have been so before uploads are refused in the same way. Unset: however long.',
      }),
    RECONCILE_INTERVAL_MS: milliseconds(100, 600_000)
      .default(5_000)
      .meta({ reason: 'How often unfinished documents without a live job are looked for and queued again.' }),
    EXTRACTION_TIMEOUT_MS: milliseconds(100, 3_600_000)
      .default(60_000)
      .meta({ reason: 'Longest a parser may take for one document.' }),
    EXTRACTION_HTML_PART: z.enum(['page', 'article']).default('page').meta({
      reason:
        'What of a web page is read: all that it shows, or its article without menus, footers and what is beside it. The page is the default since nothing of it is lost then; see docs/formats.md for what each finds. Documents that are there already take a change over when they are reprocessed.',
    }),
    EXTRACTION_DOCX_ASIDES: z.enum(['none', 'comments', 'all']).default('none').meta({
      reason:
        'What of a DOCX is read besides its text, behind it: nothing, comments, or headers and footers too (`all`). Nothing is the default since headers say on each page what the text says once, and comments are talk about the text.',
    }),
    PARSER_MAX_MEMORY_BYTES: count(128 * MEBIBYTE, 65_536 * MEBIBYTE)
      .default(384 * MEBIBYTE)
      .meta({
        reason:
          'Memory of one parser process, of which there are `HEAVY_LANE_CONCURRENCY`; those for small files (`FAST_LANE_CONCURRENCY`) take 128 MiB at most. With the defaults the whole program stays below 900 MB. A file that needs more fails alone.',
      }),

    SHUTDOWN_TIMEOUT_MS: milliseconds(1_000, 3_600_000).default(85_000).meta({
      reason:
        'Longest a whole shutdown may take, every step in it. Keep it below the time after which the process is killed from outside (90 s in the stack).',
    }),
    SHUTDOWN_DRAIN_DELAY_MS: milliseconds(0, 600_000).optional().meta({
      reason:
        'How long the service goes on serving after `/ready` has turned 503, so that load balancers see it before the port closes. Unset: 5000 in production on servers of your own, else 0.',
    }),
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
  .superRefine(checkTogether);

export type Settings = z.infer<typeof settingsSchema>;
