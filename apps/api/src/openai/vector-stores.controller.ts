import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Principal } from '@vectorlane/auth';
import { Config } from '@vectorlane/config';
import { CollectionsRepository, StoreFilesRepository, VectorStoresRepository } from '@vectorlane/documents';
import { SearchMode } from '@vectorlane/domain';
import { type SearchHit, SearchService } from '@vectorlane/search';
import type { Response } from 'express';
import type { z } from 'zod';
import { Caller } from '../caller';
import { callerGone } from '../caller-gone';
import { RequiresScope } from '../scope.guard';
import { attributesOf, keyOfStore, pageBody, storeBody, storeId, agePageOf } from './openai.bodies';
import { createStore, type SearchStore, searchStore, storesQuery, updateStore } from './openai.schemas';
import { VectorStoresService } from './vector-stores.service';

/** Collections as vector stores. */
@ApiExcludeController()
@Controller('openai/v1/vector_stores')
export class OpenAiVectorStoresController {
  constructor(
    private readonly config: Config,
    private readonly service: VectorStoresService,
    private readonly stores: VectorStoresRepository,
    private readonly storeFiles: StoreFilesRepository,
    private readonly collections: CollectionsRepository,
    private readonly searches: SearchService,
  ) {}

  @Post()
  @HttpCode(200)
  @RequiresScope('write', 'outside-collections')
  async create(
    @Caller() caller: Principal,
    @Body({ schema: createStore }) body: z.output<typeof createStore>,
  ): Promise<object> {
    const { name, description, file_ids: fileIds, metadata, expires_after: expiry, chunking_strategy } = body;
    // All of them first: a store is not left behind with half of its files for an id that is none.
    const files = [];
    for (const fileId of fileIds ?? []) files.push(await this.service.file(caller, fileId));
    const key = await this.stores.create(name ?? '', description ?? undefined, {
      metadata: metadata ?? {},
      expiresAfterDays: expiry?.days ?? null,
    });
    const open = await this.service.open(caller, storeId(key));
    for (const file of files) await this.service.attach(open, file, { chunking_strategy });
    return storeBody(await this.stores.find(open.scope, key));
  }

  @Get()
  @RequiresScope('read', 'within-collections')
  async list(
    @Caller() caller: Principal,
    @Query({ schema: storesQuery }) query: z.output<typeof storesQuery>,
  ): Promise<object> {
    const scope = await this.collections.scopeOf(caller);
    return pageBody(await this.stores.list(scope, agePageOf(query, keyOfStore)), storeBody);
  }

  @Get(':store')
  @RequiresScope('read', 'within-collections')
  async get(@Caller() caller: Principal, @Param('store') id: string): Promise<object> {
    return storeBody((await this.service.open(caller, id)).store);
  }

  @Post(':store')
  @HttpCode(200)
  @RequiresScope('write', 'within-collections')
  async change(
    @Caller() caller: Principal,
    @Param('store') id: string,
    @Body({ schema: updateStore }) body: z.output<typeof updateStore>,
  ): Promise<object> {
    const { store, scope } = await this.service.open(caller, id);
    const { name, metadata, expires_after: expiry } = body;
    await this.stores.change(scope, store.key, {
      ...(typeof name === 'string' && { title: name }),
      ...(metadata !== undefined && { metadata: metadata ?? {} }),
      ...(expiry !== undefined && { expiresAfterDays: expiry?.days ?? null }),
    });
    return storeBody(await this.stores.find(scope, store.key));
  }

  @Delete(':store')
  @RequiresScope('write', 'within-collections')
  async remove(@Caller() caller: Principal, @Param('store') id: string): Promise<object> {
    const { store, scope } = await this.service.open(caller, id);
    await this.stores.remove(scope, store.key);
    return { id: storeId(store.key), object: 'vector_store.deleted', deleted: true };
  }

  @Post(':store/search')
  @HttpCode(200)
  @RequiresScope('read', 'within-collections')
  async search(
    @Caller() caller: Principal,
    @Param('store') id: string,
    @Body({ schema: searchStore }) request: SearchStore,
    @Res({ passthrough: true }) response: Response,
  ): Promise<object> {
    const gone = callerGone(response);
    const { scope } = await this.service.openLive(caller, id);
    const { query: queries, max_num_results: topK, ranking_options: options } = request;
    const best = new Map<string, SearchHit>();
    for (const query of queries) {
      const { hits } = await this.searches.search(
        {
          ...{ query, topK, mode: modeOf(options), filter: { ...request.filters, scope } },
          ...(typeof options?.score_threshold === 'number' && { minScore: options.score_threshold }),
          rerank: this.config.RERANK_DEFAULT && options?.ranker !== 'none',
        },
        gone,
      );
      for (const hit of hits) {
        if (hit.score >= (best.get(hit.chunkId)?.score ?? 0)) best.set(hit.chunkId, hit);
      }
    }
    const hits = [...best.values()].toSorted((one, other) => other.score - one.score).slice(0, topK);
    const fileIds = await this.storeFiles.fileIdsOf(hits.map(({ documentId }) => documentId));
    return {
      object: 'vector_store.search_results.page',
      search_query: queries,
      data: hits.flatMap(({ documentId, content, score, metadata }) => {
        const fileId = fileIds.get(documentId);
        // Deleted since it was found.
        if (fileId === undefined) return [];
        return {
          ...{ file_id: fileId, filename: metadata.filename, score, attributes: attributesOf(metadata.document) },
          content: [{ type: 'text', text: content }],
        };
      }),
      has_more: false,
      next_page: null,
    };
  }
}

/** A weight of nothing leaves that side out; how the two sides are weighed otherwise is the service's own. */
function modeOf(options: SearchStore['ranking_options']): SearchMode {
  const weights = options?.hybrid_search;
  if (weights?.text_weight === 0) return SearchMode.enum.vector;
  return weights?.embedding_weight === 0 ? SearchMode.enum.keyword : SearchMode.enum.hybrid;
}
