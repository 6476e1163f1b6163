import { z } from 'zod';

/**
 * What a `tokenizer.json` says, as far as BERT-like models use it. Anything else (another model, normaliser or
 * template) is refused by name rather than approximated: wrong ids give vectors that look fine and find nothing.
 */

const addedToken = z.object({
  id: z.number().int().min(0),
  content: z.string().min(1),
  normalized: z.boolean().default(false),
});

const tokenizerFile = z.object({
  added_tokens: z.array(addedToken).default([]),
  normalizer: z.object({
    type: z.literal('BertNormalizer'),
    clean_text: z.boolean().default(true),
    handle_chinese_chars: z.boolean().default(true),
    strip_accents: z.boolean().nullish(),
    lowercase: z.boolean().default(true),
  }),
  pre_tokenizer: z.object({ type: z.literal('BertPreTokenizer') }),
  post_processor: z.union([
    z.object({
      type: z.literal('TemplateProcessing'),
      single: z
        .tuple([
          z.object({ SpecialToken: z.object({ id: z.string() }) }),
          z.object({ Sequence: z.object({ id: z.literal('A') }) }),
          z.object({ SpecialToken: z.object({ id: z.string() }) }),
        ])
        .describe('[CLS] text [SEP]'),
      special_tokens: z.record(z.string(), z.object({ ids: z.tuple([z.number().int()]) })),
    }),
    z.object({
      type: z.literal('BertProcessing'),
      cls: z.tuple([z.string(), z.number().int()]),
      sep: z.tuple([z.string(), z.number().int()]),
    }),
  ]),
  model: z.object({
    type: z.literal('WordPiece').default('WordPiece'),
    unk_token: z.string(),
    continuing_subword_prefix: z.string().min(1).default('##'),
    max_input_chars_per_word: z.number().int().min(1).max(10_000).default(100),
    vocab: z.record(z.string(), z.number().int().min(0)),
  }),
});

export interface TokenizerDefinition {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly continuationPrefix: string;
  readonly maxCharactersPerWord: number;
  readonly unknownId: number;
  readonly firstId: number;
  readonly lastId: number;
  /** Tokens recognised as they stand in the raw text, longest first. */
  readonly addedTokens: readonly { readonly content: string; readonly id: number }[];
  readonly cleanText: boolean;
  readonly handleChineseChars: boolean;
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

/**
 * @param source the text of a `tokenizer.json`
 * @throws Error saying which part is not one this tokenizer understands
 */
export function parseTokenizerDefinition(source: string): TokenizerDefinition {
  const parsed = tokenizerFile.safeParse(JSON.parse(source));
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`not a BERT WordPiece tokenizer (${issues.slice(0, 5).join('; ')})`);
  }
  const { added_tokens: added, normalizer, post_processor: template, model } = parsed.data;
  const vocabulary = new Map(Object.entries(model.vocab));
  const unknownId = vocabulary.get(model.unk_token);
  if (unknownId === undefined) throw new Error(`its unknown token ${model.unk_token} is not in its vocabulary`);
  const normalised = added.find((token) => token.normalized);
  if (normalised !== undefined) {
    throw new Error(`added token "${normalised.content}" is matched in normalised text, which is not supported`);
  }
  const [firstId, lastId] =
    template.type === 'BertProcessing'
      ? [template.cls[1], template.sep[1]]
      : [template.single[0], template.single[2]].map((item) => {
          const id = template.special_tokens[item.SpecialToken.id]?.ids[0];
          if (id === undefined) throw new Error(`its template names ${item.SpecialToken.id}, which it does not define`);
          return id;
        });
  return {
    vocabulary,
    continuationPrefix: model.continuing_subword_prefix,
    maxCharactersPerWord: model.max_input_chars_per_word,
    unknownId,
    firstId: firstId as number,
    lastId: lastId as number,
    addedTokens: added
      .map(({ content, id }) => ({ content, id }))
      .sort((left, right) => right.content.length - left.content.length),
    cleanText: normalizer.clean_text,
    handleChineseChars: normalizer.handle_chinese_chars,
    // Null means "as lowercase says".
    stripAccents: normalizer.strip_accents ?? normalizer.lowercase,
    lowercase: normalizer.lowercase,
  };
}
