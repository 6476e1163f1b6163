import { Body, Controller, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { EMBEDDING_PROVIDER, type EmbeddingProvider } from '@vectorlane/embeddings';
import { IngestionFailure, Problem } from '@vectorlane/errors';
import type { Response } from 'express';
import type { z } from 'zod';
import { callerGone } from '../caller-gone';
import { RequiresScope } from '../scope.guard';
import { seconds } from './openai.bodies';
import { createEmbeddings } from './openai.schemas';

/** Texts that one call of the model takes, so that searches come in between. */
const AT_ONCE = 16;

/** The model of the service, and vectors of it. */
@ApiExcludeController()
@Controller('openai/v1')
export class OpenAiModelsController {
  private readonly startedAt = new Date();

  constructor(@Inject(EMBEDDING_PROVIDER) private readonly embeddings: EmbeddingProvider) {}

  @Get('models')
  @RequiresScope('read', 'no-collections')
  list(): object {
    return { object: 'list', data: [this.body()] };
  }

  @Get('models/:model')
  @RequiresScope('read', 'no-collections')
  get(@Param('model') model: string): object {
    this.require(model);
    return this.body();
  }

  @Post('embeddings')
  @HttpCode(200)
  @RequiresScope('read', 'no-collections')
  async embed(
    @Body({ schema: createEmbeddings })
    { input, model, dimensions, encoding_format: encoding }: z.output<typeof createEmbeddings>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    this.require(model);
    const { dimension } = this.embeddings.space;
    if (dimensions !== undefined && dimensions !== dimension) {
      throw new Problem('INVALID_REQUEST', `dimensions: ${model} has ${dimension}.`, { field: 'dimensions' });
    }
    const tokens = input.map((text) => this.tokensOf(text)).reduce((sum, count) => sum + count, 0);
    const vectors = await this.vectorsOf(input, callerGone(response));
    return {
      object: 'list',
      data: vectors.map((vector, index) => ({
        ...{ object: 'embedding', index },
        embedding: encoding === 'base64' ? bytesOf(vector).toString('base64') : [...vector],
      })),
      model: this.embeddings.space.model,
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    };
  }

  private async vectorsOf(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    try {
      for (let from = 0; from < texts.length; from += AT_ONCE) {
        vectors.push(...(await this.embeddings.embed(texts.slice(from, from + AT_ONCE), 'passage', signal)));
      }
      return vectors;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof IngestionFailure)) throw error;
      throw new Problem('EMBEDDING_UNAVAILABLE', 'The model does not answer. Try again.', { cause: error });
    }
  }

  /** @throws Problem `INVALID_REQUEST` for a text that the model would not read to its end, or that is none */
  private tokensOf(text: string): number {
    if (text === '') throw new Problem('INVALID_REQUEST', 'input: must not be empty.', { field: 'input' });
    const { windowTokens, specialTokens, space } = this.embeddings;
    const count = this.embeddings.tokenize(text).count + specialTokens;
    if (count <= windowTokens) return count;
    throw new Problem(
      'INVALID_REQUEST',
      `input: ${space.model} reads at most ${windowTokens} tokens, and this text has ${count}.`,
      { field: 'input' },
    );
  }

  private require(model: string): void {
    if (model === this.embeddings.space.model) return;
    throw new Problem(
      'MODEL_NOT_FOUND',
      `The model "${model.slice(0, 100)}" does not exist. This service has "${this.embeddings.space.model}".`,
      { field: 'model' },
    );
  }

  private body(): object {
    const { model } = this.embeddings.space;
    return { id: model, object: 'model', created: seconds(this.startedAt), owned_by: 'vectorlane' };
  }
}

/** Four bytes a number, the lowest first. */
function bytesOf(vector: Float32Array): Buffer {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, index) => bytes.writeFloatLE(value, index * 4));
  return bytes;
}
