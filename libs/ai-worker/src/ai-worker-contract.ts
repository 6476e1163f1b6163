// Written by `npm run generate` from apps/ai-worker/openapi.json.

export interface paths {
  readonly '/v1/embeddings': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Texts to vectors */
    readonly post: operations['createEmbeddings'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/v1/rerank': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Question and passages to scores */
    readonly post: operations['rerank'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/v1/recognise': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Pages to words with their places
     * @description 422 is what the file came to, told apart by `code`; asking again gives the same, but for TIMEOUT and PARSER_CRASHED (`retryable: true`). Every other failure says nothing of the file.
     */
    readonly post: operations['recognisePages'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/health': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** The process is up */
    readonly get: operations['health'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/ready': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Requests are welcome */
    readonly get: operations['ready'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/metrics': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Prometheus text format */
    readonly get: operations['metrics'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    readonly Embedding: {
      /** @constant */
      readonly object: 'embedding';
      /** @description Position of the text in the request. */
      readonly index: number;
      /** @description 384 numbers, L2-normalised; a string for base64. */
      readonly embedding: readonly number[] | string;
    };
    /** @description Texts longer than the model's window of 512 tokens are cut; fields that are not named here are ignored. */
    readonly EmbeddingsRequest: {
      /** @description One text or a list of texts. */
      readonly input: string | readonly string[];
      /** @description Must be `gte-small`. */
      readonly model: string;
      /**
       * @description `base64`: the vector's float32 numbers, little-endian.
       * @default float
       * @enum {string}
       */
      readonly encoding_format: 'float' | 'base64';
      /**
       * @description Refused unless 384.
       * @default null
       */
      readonly dimensions: number | null;
      /**
       * @description Taken for compatibility, and ignored.
       * @default null
       */
      readonly user: string | null;
    };
    readonly EmbeddingsResponse: {
      /** @constant */
      readonly object: 'list';
      readonly model: string;
      readonly data: readonly components['schemas']['Embedding'][];
      readonly usage: components['schemas']['Usage'];
    };
    readonly Health: {
      /** @constant */
      readonly status: 'ok';
    };
    /** @description The shape that clients of OpenAI's protocol read. */
    readonly OpenAiError: {
      readonly error: components['schemas']['OpenAiErrorBody'];
    };
    readonly OpenAiErrorBody: {
      readonly message: string;
      /** @enum {string} */
      readonly type: 'invalid_request_error' | 'server_error';
      readonly param: string | null;
      /** @description Stable; SCREAMING_SNAKE. */
      readonly code: string;
    };
    /** @description RFC 9457. */
    readonly ProblemDocument: {
      readonly type: string;
      readonly title: string;
      readonly status: number;
      readonly detail: string;
      /** @description Stable; SCREAMING_SNAKE. */
      readonly code: string;
      readonly requestId: string;
      readonly retryable: boolean;
    } & {
      readonly [key: string]: unknown;
    };
    readonly Readiness: {
      /** @enum {string} */
      readonly status: 'ok' | 'loading' | 'shutting_down';
      /** @description `model`, `parsers` and, where one is configured, `reranker` decide; `ocr` does not. */
      readonly checks: {
        readonly [key: string]: 'up' | 'down';
      };
    };
    /** @description The pages that were asked for. */
    readonly RecognisedDocument: {
      /**
       * @description What the content was found to be.
       * @enum {string}
       */
      readonly format: 'pdf' | 'png' | 'jpeg' | 'tiff' | 'webp';
      readonly pages: readonly components['schemas']['RecognisedPage'][];
    };
    readonly RecognisedPage: {
      /** @description Number of the page or of the frame, from 1. */
      readonly page: number;
      /** @description In points. */
      readonly width: number;
      /** @description In points. */
      readonly height: number;
      /** @description Line by line, in Tesseract's order of reading; none on an empty page. */
      readonly words: readonly components['schemas']['Word'][];
      /**
       * @description Why the page could not be painted.
       * @constant
       */
      readonly problem?: 'damaged';
    };
    /** @description Question and passage together are cut to the model's window; fields that are not named here are ignored. */
    readonly RerankRequest: {
      /** @description The question. */
      readonly query: string;
      /** @description The passages. */
      readonly documents: readonly string[];
      /**
       * @description How many of the best are wanted; all without it.
       * @default null
       */
      readonly top_n: number | null;
      /**
       * @description Taken for compatibility, and ignored: there is one model.
       * @default null
       */
      readonly model: string | null;
    };
    readonly RerankResponse: {
      /** @description The best first. */
      readonly results: readonly components['schemas']['RerankResult'][];
      readonly usage: components['schemas']['RerankUsage'];
    };
    readonly RerankResult: {
      /** @description Position of the passage in the request. */
      readonly index: number;
      /** @description How well the passage answers the question. */
      readonly relevance_score: number;
    };
    readonly RerankUsage: {
      /** @description Tokens read, the question's once for each passage. */
      readonly total_tokens: number;
    };
    readonly Usage: {
      /** @description Tokens embedded, [CLS] and [SEP] among them. */
      readonly prompt_tokens: number;
      readonly total_tokens: number;
    };
    /** @description Places are in points of 1/72 inch, from the upper left corner of the page as it is shown. */
    readonly Word: {
      readonly text: string;
      readonly x0: number;
      readonly y0: number;
      readonly x1: number;
      readonly y1: number;
      readonly confidence: number;
      /** @description The same for words of one line. */
      readonly line: number;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  readonly createEmbeddings: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['EmbeddingsRequest'];
      };
    };
    readonly responses: {
      /** @description Successful Response */
      readonly 200: {
        headers: {
          /** @description The request's id: the caller's, or one made here. */
          readonly 'X-Request-ID'?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['EmbeddingsResponse'];
        };
      };
    };
  };
  readonly rerank: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['RerankRequest'];
      };
    };
    readonly responses: {
      /** @description Successful Response */
      readonly 200: {
        headers: {
          /** @description The request's id: the caller's, or one made here. */
          readonly 'X-Request-ID'?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['RerankResponse'];
        };
      };
    };
  };
  readonly recognisePages: {
    readonly parameters: {
      readonly query?: {
        /** @description What the file is taken for; stands before Content-Type. Content decides in the end. */
        readonly format?: ('pdf' | 'png' | 'jpeg' | 'tiff' | 'webp') | null;
        /** @description Pages of a PDF that are wanted, as in `1,4-7`; all without it. */
        readonly pages?: string | null;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** @description The file's bytes. */
    readonly requestBody: {
      readonly content: {
        readonly 'application/pdf': string;
        readonly 'image/png': string;
        readonly 'image/jpeg': string;
        readonly 'image/tiff': string;
        readonly 'image/webp': string;
        readonly 'application/octet-stream': string;
      };
    };
    readonly responses: {
      /** @description Successful Response */
      readonly 200: {
        headers: {
          /** @description The request's id: the caller's, or one made here. */
          readonly 'X-Request-ID'?: string;
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['RecognisedDocument'];
        };
      };
    };
  };
  readonly health: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Successful Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Health'];
        };
      };
    };
  };
  readonly ready: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Successful Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Readiness'];
        };
      };
    };
  };
  readonly metrics: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Successful Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content?: never;
      };
    };
  };
}
