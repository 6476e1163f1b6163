import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestApp, type Untyped } from '../support/test-app';

let service: TestApp;
beforeAll(async () => {
  service = await TestApp.start({ MAX_CONCURRENT_UPLOADS: '64' });
}, 60_000);
afterAll(() => service?.stop(), 60_000);

/** Letters alone: one word, of which no part is a word of another text. */
const unique = (): string => [...randomBytes(16)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('');

async function pagesWithoutText(): Promise<number> {
  const metrics = await (await service.fetch('/metrics')).text();
  return Number(/^extraction_pages_without_text_total (\d+)$/m.exec(metrics)?.[1]);
}

describe('POST /api/documents', () => {
  it('accepts a file, says where it is, and finishes it', async () => {
    const text = `# Tides\n\nSpring tides follow the new moon. ${unique()}`;
    const { status, body, location } = await service.upload('tides.md', text, {
      metadata: { shore: 'west', year: 2026 },
    });
    expect(status).toBe(202);
    expect(body).toMatchObject({
      collection: 'default',
      revision: 1,
      filename: 'tides.md',
      format: 'md',
      lane: 'fast',
      metadata: { shore: 'west', year: 2026 },
    });
    expect(location).toBe(`/api/documents/${body.id}`);

    const document = await service.finished(body.id);
    // One schema, whatever the status of the answer.
    expect(Object.keys(document)).toEqual(expect.arrayContaining(Object.keys(body)));
    expect(document).toMatchObject({
      status: 'completed',
      stage: 'completed',
      percent: 100,
      attempts: 0,
      chunkCount: 1,
      sizeBytes: Buffer.byteLength(text),
      metadata: { shore: 'west', year: 2026 },
      timings: { totalMs: expect.any(Number), embeddingMs: expect.any(Number) },
    });
    expect(document).not.toHaveProperty('failure');
    expect(document.coverage).toEqual({ pages: null, pagesWithoutText: [], notes: [] });
  });

  it('says which pages of a PDF gave no text, once it has completed', async () => {
    const bytes = await readFile(join(__dirname, '../fixtures/office/pdfunite-scan-and-text.pdf'));
    const before = await pagesWithoutText();
    const { status, body } = await service.upload('survey.pdf', bytes);
    expect(status).toBe(202);
    const document = await service.finished(body.id);
    expect(document).toMatchObject({ status: 'completed', lane: 'heavy' });
    expect(document.coverage).toEqual({ pages: 3, pagesWithoutText: [1], notes: ['SCANNED_PAGES'] });
    expect(await pagesWithoutText()).toBe(before + 1);
  });

  it('shows a page of a PDF, and where a passage stands on it', async () => {
    const bytes = await readFile(join(__dirname, '../fixtures/office/pdfunite-scan-and-text.pdf'));
    const { id } = await service.finished((await service.upload('survey.pdf', bytes)).body.id);
    const pages = `/api/documents/${id}/pages`;
    const [chunk] = (await service.json(`/api/documents/${id}/chunks`)).body.items;
    const { page } = chunk.place;
    const passage = `charStart=${chunk.charStart}&charEnd=${chunk.charEnd}`;
    const found = await service.json(`${pages}/${page}/boxes?${passage}`);
    expect(found).toMatchObject({ status: 200, body: { page, pages: 3, width: expect.any(Number) } });
    expect(found.body.boxes.length).toBeGreaterThan(0);
    // The first page is a scan.
    expect((await service.json(`${pages}/1/boxes?${passage}`)).body.boxes).toEqual([]);

    const picture = await service.fetch(`${pages}/1/image`);
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(Buffer.from(await picture.arrayBuffer()).toString('latin1', 1, 4)).toBe('PNG');
    const tag = picture.headers.get('etag') ?? '';
    // As a browser asks again; fetch by itself would ask for a new one.
    const again = { 'If-None-Match': tag, 'Cache-Control': 'max-age=0' };
    expect((await service.fetch(`${pages}/1/image`, { headers: again })).status).toBe(304);

    const note = await service.ingest('note.md', `A note ${unique()}`);
    for (const refused of [`${pages}/4/image`, `${pages}/0/image`, `/api/documents/${note.id}/pages/1/image`]) {
      expect((await service.json(refused)).body).toMatchObject({ status: 404, code: 'PAGE_NOT_AVAILABLE' });
    }
    const outside = await service.json(`${pages}/1/boxes?charStart=9&charEnd=9`);
    expect(outside.body).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  });

  it('takes metadata as browsers send a Blob, and the name that filename* gives', async () => {
    const blob = 'form-data; name="metadata"; filename="blob"\r\nContent-Type: application/json';
    const send = async (file: string, metadata = blob): Promise<{ status: number; body: Record<string, unknown> }> => {
      const parts = [
        [metadata, '{"k":1}'],
        [file, `# Berths\n\n${unique()}\n`],
      ];
      const body = parts.map(([head, content]) => `--B1\r\nContent-Disposition: ${head}\r\n\r\n${content}\r\n`);
      const answer = await service.fetch('/api/documents', {
        method: 'POST',
        headers: { 'Content-Type': 'multipart/form-data; boundary=B1' },
        body: Buffer.from(`${body.join('')}--B1--\r\n`, 'latin1'),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    const star = `form-data; name="file"; filename="upload"; filename*=UTF-8''tarif-%C3%A9t%C3%A9.md`;
    const named = await send(star);
    expect(named).toMatchObject({ status: 202, body: { filename: 'tarif-été.md', format: 'md' } });
    expect(await service.finished(named.body.id as string)).toMatchObject({ metadata: { k: 1 } });
    for (const other of [
      'form-data; name="metadata"; filename="a.json"\r\nContent-Type: application/json; charset=utf-8',
      'form-data; name="metadata"; filename="blob"\r\nContent-Type: application/octet-stream',
    ]) {
      const sent = await send(star, other);
      expect(await service.finished(sent.body.id as string)).toMatchObject({ metadata: { k: 1 } });
    }

    expect((await send('form-data; name="file"; filename="Geb\xfchren.md"')).body).toMatchObject({
      filename: 'Gebühren.md',
    });
    for (const nameless of ['', '; size=3', '\r\nContent-Type: text/plain']) {
      expect(await send(`form-data; name="file"${nameless}`)).toMatchObject({
        status: 400,
        body: { code: 'INVALID_MULTIPART', detail: expect.stringContaining('filename') },
      });
    }
  });

  it('takes a text as JSON', async () => {
    const { status, body } = await service.json('/api/documents/text', {
      text: `Just a note ${unique()}`,
      metadata: { a: 1 },
    });
    expect(status).toBe(202);
    expect(body).toMatchObject({ filename: 'text.txt', format: 'txt' });
    expect((await service.finished(body.id)).status).toBe('completed');
  });

  it('answers the same bytes under another name with the document that is there', async () => {
    const text = `Twice ${unique()}`;
    const first = await service.upload('a.txt', text);
    const second = await service.upload('b.md', text);
    expect(second.status).toBe(200);
    expect(second.body).toMatchObject({ id: first.body.id, filename: 'a.txt', duplicate: true });
    expect(second.location).toBe(`/api/documents/${first.body.id}`);
  });

  it('makes one document of the same bytes uploaded 200 times at once', async () => {
    const text = `Two hundred times ${unique()}`;
    const answers = [];
    // 25 at a time: the server bounds the uploads of one key, and refusing the rest is its right.
    for (let round = 0; round < 8; round += 1) {
      answers.push(...(await Promise.all(Array.from({ length: 25 }, () => service.upload('same.txt', text)))));
    }
    expect(new Set(answers.map(({ body }) => body.id as string)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(199);
    const document = await service.finished(answers[0]?.body.id as string);
    expect(document).toMatchObject({ status: 'completed', chunkCount: 1 });
  }, 60_000);

  it('gives back the bytes, the text and the chunks it made of them', async () => {
    const paragraphs = Array.from(
      { length: 60 },
      (_, index) => `Paragraph ${index} about granite, slate and basalt ${unique()}.`,
    );
    const bytes = Buffer.from(`\uFEFF${paragraphs.join('\r\n\r\n')}`, 'utf8');
    const { id } = await service.ingest('stones.txt', bytes);

    const content = await service.fetch(`/api/documents/${id}/content`);
    const received = Buffer.from(await content.arrayBuffer());
    expect(createHash('sha256').update(received).digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(content.headers.get('content-disposition')).toBe('attachment; filename=stones.txt');
    expect(content.headers.get('x-content-type-options')).toBe('nosniff');
    expect(content.headers.get('content-security-policy')).toMatch(/^sandbox/);

    const text = await (await service.fetch(`/api/documents/${id}/text`)).text();
    expect(text.trim()).toBe(paragraphs.join('\n\n'));

    const chunks = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page = await service.json(`/api/documents/${id}/chunks?limit=2${query}`);
      chunks.push(...page.body.items);
      cursor = page.body.nextCursor;
    } while (cursor !== null);
    expect(chunks.length).toBeGreaterThan(4);
    chunks.forEach((chunk, index) => {
      expect(chunk.ordinal).toBe(index);
      expect(text.slice(chunk.charStart, chunk.charEnd)).toBe(chunk.content);
      expect(chunk.tokenCount).toBeLessThanOrEqual(256);
    });
  });

  it('reads a file in the charset its uploader declared', async () => {
    // "Příliš žluťoučký kůň" in ISO 8859-2.
    const bytes = Buffer.from('50f8ed6c69b920be6c75bb6f75e86bfd206bf9f2', 'hex');
    const { id } = await service.ingest('kun.txt', bytes, { type: 'text/plain; charset=iso-8859-2' });
    expect(await (await service.fetch(`/api/documents/${id}/text`)).text()).toBe('Příliš žluťoučký kůň');
  });

  it('stores a file of many parts whole', async () => {
    const line = 'A line of plain words that is repeated until the file has several parts. ';
    const bytes = Buffer.from(`${unique()} ${line.repeat(12_000)}`);
    const { status, body } = await service.upload('parts.txt', bytes);
    expect(status).toBe(202);
    const content = await service.fetch(`/api/documents/${body.id}/content`);
    expect(Buffer.from(await content.arrayBuffer()).equals(bytes)).toBe(true);
    expect((await service.fetch(`/api/documents/${body.id}`, { method: 'DELETE' })).status).toBe(204);
  });
});

describe('GET /api/documents', () => {
  it('pages through all of them, newest first, each once, while more arrive', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 7; index += 1)
      ids.push((await service.upload(`p${index}.csv`, `a,b\n${unique()},2`)).body.id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { body } = await service.json(`/api/documents?limit=3&format=csv${query}`);
      expect(body.items.length).toBeLessThanOrEqual(3);
      seen.push(...body.items.map((item: { id: string }) => item.id));
      cursor = body.nextCursor;
      await service.upload(`later.csv`, `a,b\n${unique()},3`);
    } while (cursor !== null);
    expect(seen).toEqual(ids.toReversed());
  });

  it('filters by status, format and lane', async () => {
    await service.ingest('broken.json', `{"a": ${unique()}`);
    const { body } = await service.json('/api/documents?status=failed&format=json&lane=fast');
    expect(body.items.length).toBeGreaterThan(0);
    for (const item of body.items) expect(item).toMatchObject({ status: 'failed', format: 'json', lane: 'fast' });
    expect((await service.json('/api/documents?status=failed,completed')).status).toBe(200);
    expect((await service.json('/api/documents?status=done')).body).toMatchObject({
      code: 'INVALID_REQUEST',
      detail: expect.stringContaining('status'),
    });
  });
});

describe('a document that fails', () => {
  it('says why, stays failed when uploaded again, and can be retried', async () => {
    const bytes = `{"unclosed": ${unique()}`;
    const document = await service.ingest('bad.json', bytes);
    expect(document).toMatchObject({
      status: 'failed',
      failure: { code: 'CORRUPT_FILE', message: expect.any(String), retryable: false },
      // Nothing was tried again: what cannot pass fails at once.
      attempts: 0,
    });

    const again = await service.upload('bad.json', bytes);
    expect(again).toMatchObject({
      status: 200,
      body: {
        id: document.id,
        status: 'failed',
        duplicate: true,
        links: { retry: `/api/documents/${document.id}/retry` },
      },
    });

    const retried = await service.json(`/api/documents/${document.id}/retry`, {});
    expect(retried).toMatchObject({ status: 202, body: { id: document.id, status: 'pending' } });
    expect(await service.finished(document.id)).toMatchObject({ status: 'failed', failure: { code: 'CORRUPT_FILE' } });
  });

  it('is EMPTY_CONTENT when there is no text in it', async () => {
    expect(await service.ingest('blank.txt', ` \n\t\n${' '.repeat(Math.floor(Math.random() * 1e6))}`)).toMatchObject({
      status: 'failed',
      failure: { code: 'EMPTY_CONTENT' },
    });
  });

  it('has no text and cannot be retried unless it failed', async () => {
    const failed = await service.ingest('bad.json', `[${unique()}`);
    expect((await service.json(`/api/documents/${failed.id}/text`)).body.code).toBe('TEXT_NOT_AVAILABLE');
    const completed = await service.ingest('good.txt', `All is well ${unique()}`);
    expect((await service.json(`/api/documents/${completed.id}/retry`, {})).body.code).toBe('NOT_FAILED');
  });
});

describe('DELETE /api/documents/:id', () => {
  it('removes it from everywhere at once', async () => {
    const word = `zyx${unique()}`;
    const { id } = await service.ingest('gone.txt', `The word is ${word}.`);
    const query = { query: word, mode: 'keyword' };
    expect((await service.json('/api/search', query)).body.results).toHaveLength(1);

    expect((await service.fetch(`/api/documents/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await service.json('/api/search', query)).body.results).toEqual([]);
    for (const path of ['', '/text', '/chunks', '/content']) {
      expect((await service.json(`/api/documents/${id}${path}`)).body.code).toBe('DOCUMENT_NOT_FOUND');
    }
    expect((await service.fetch(`/api/documents/${id}`, { method: 'DELETE' })).status).toBe(404);
  });

  it('ends what is under way for it', async () => {
    const { embeddings } = service;
    const before = embeddings?.requests.length ?? 0;
    embeddings?.behave({ kind: 'hang' });
    const { body } = await service.upload('doomed.txt', `Nobody will wait for ${unique()}.`);
    await embeddings?.arrived(before + 1);
    expect((await service.fetch(`/api/documents/${body.id}`, { method: 'DELETE' })).status).toBe(204);
    // The embedder never answers, and its timeout is beyond that of this test: the work was given up.
    await embeddings?.requests[before]?.closed;
  });

  it('works in the middle of the ingestion, and the same bytes may come again', async () => {
    const word = `qqq${unique()}`;
    const text = Array.from(
      { length: 400 },
      (_, index) => `Sentence ${index} of ${word} goes on for a while about nothing.`,
    ).join(' ');
    const first = await service.upload('long.txt', text);
    expect((await service.fetch(`/api/documents/${first.body.id}`, { method: 'DELETE' })).status).toBe(204);
    const second = await service.upload('long.txt', text);
    expect(second.status).toBe(202);
    expect(second.body.id).not.toBe(first.body.id);
    expect(await service.finished(second.body.id)).toMatchObject({ status: 'completed' });
    const { body } = await service.json('/api/search', { query: word, mode: 'keyword', topK: 100 });
    for (const result of body.results) expect(result.documentId).toBe(second.body.id);
  });
});

describe('PATCH /api/documents/:id', () => {
  const patch = (id: string, body: object) => service.json(`/api/documents/${id}`, body, { method: 'PATCH' });

  it('merges metadata and gives another name, found by both at once, with nothing embedded again', async () => {
    const word = unique();
    const { id } = await service.ingest('draft.txt', `About ${word}.`, {
      metadata: { team: 'a', draft: true, of: { x: 1 } },
    });
    const before = (await service.json(`/api/documents/${id}/chunks`)).body;
    const changed = await patch(id, { filename: 'final.txt', metadata: { draft: null, of: { y: 2 }, [word]: 7 } });
    expect(changed).toMatchObject({ status: 200, body: { id, filename: 'final.txt', status: 'completed' } });
    expect(changed.body.metadata).toEqual({ team: 'a', of: { x: 1, y: 2 }, [word]: 7 });
    expect((await service.json(`/api/documents/${id}/chunks`)).body).toEqual(before);
    const found = await service.json('/api/search', { query: word, filter: { metadata: { [word]: { gt: 6 } } } });
    expect(found.body.results[0].metadata).toMatchObject({ filename: 'final.txt', document: changed.body.metadata });
  });

  it('refuses what an upload would be refused, and changes nothing then', async () => {
    const { id } = await service.ingest('kept.txt', unique(), { metadata: { long: 'x'.repeat(9_000) } });
    const tooMuch = await patch(id, { filename: 'other.txt', metadata: { more: 'x'.repeat(9_000) } });
    expect([tooMuch.status, tooMuch.body.detail]).toEqual([
      400,
      expect.stringContaining('metadata: metadata may have'),
    ]);
    expect((await patch(id, { colour: 'red' })).body.code).toBe('INVALID_REQUEST');
    expect((await patch(randomUUID(), { filename: 'a' })).body.code).toBe('DOCUMENT_NOT_FOUND');
    const { body } = await service.json(`/api/documents/${id}`);
    expect([body.filename, Object.keys(body.metadata as object)]).toEqual(['kept.txt', ['long']]);
  });
});

describe('a document with an external id', () => {
  const send = (externalId: string, text: string, more: object = {}) =>
    service.json('/api/documents/text', { externalId, text, ...more });
  const settled = (id: string) =>
    service.reached(
      id,
      ({ status, pendingRevision: pending }) =>
        status !== 'pending' &&
        status !== 'processing' &&
        pending?.status !== 'pending' &&
        pending?.status !== 'processing',
    );

  it('has revisions: readers find the old one or the new one, whole', async () => {
    const [externalId, old, fresh] = [unique(), unique(), unique()];
    const paragraphs = (word: string) =>
      Array.from({ length: 60 }, (_, index) => `${word} in sentence ${index} of many.`).join('\n\n');
    const first = await send(externalId, paragraphs(old), { filename: 'a.md', metadata: { kept: 1 } });
    const { id } = first.body as { id: string };
    const { chunkCount } = await settled(id);
    const second = await send(externalId, paragraphs(fresh));
    expect(second).toMatchObject({
      status: 202,
      body: { id, externalId, revision: 1, pendingRevision: { percent: 0 } },
    });
    let isDone = false;
    const done = settled(id).finally(() => (isDone = true));
    while (!isDone) {
      const { body } = await service.json(`/api/documents/${id}/chunks?limit=100`);
      const texts = (body.items as { content: string }[]).map(({ content }) => content);
      const hold = [old, fresh].map((word) => texts.every((text) => text.includes(word)));
      expect({ chunks: texts.length, hold: hold.filter(Boolean).length }).toEqual({ chunks: chunkCount, hold: 1 });
      const text = await (await service.fetch(`/api/documents/${id}/text`)).text();
      expect(text.includes(old)).not.toBe(text.includes(fresh));
    }
    expect(await done).toMatchObject({ id, revision: 2, filename: 'a.md', metadata: { kept: 1 }, format: 'md' });
    const found = async (query: string) => (await service.json('/api/search', { query, mode: 'keyword' })).body.results;
    expect(await found(old)).toEqual([]);
    expect((await found(fresh))[0]).toMatchObject({ documentId: id });
    expect(await (await service.fetch(`/api/documents/${id}/content`)).text()).toBe(paragraphs(fresh));
    const listed = await service.json(`/api/documents?externalId=${externalId}`);
    expect(listed.body.items).toEqual([expect.objectContaining({ id, externalId, revision: 2 })]);
  });

  it('keeps the vectors of what has not changed, and is as if it were new', async () => {
    const paragraph = (index: number) => `Part ${index}: ${unique()} `.padEnd(400, `words of part ${index} `);
    const parts = Array.from({ length: 200 }, (_, index) => paragraph(index));
    const externalId = unique();
    const { body } = await send(externalId, parts.join('\n\n'));
    const { id } = body as { id: string };
    await settled(id);
    const embedded = service.embeddings?.inputs.length ?? 0;
    const edited = parts.with(100, `Changed: ${unique()} `.padEnd(520, 'other words here ')).join('\n\n');
    await send(externalId, edited);
    const document = await settled(id);
    const afresh = (service.embeddings?.inputs.length ?? 0) - embedded;
    expect(afresh).toBeLessThanOrEqual(3);
    expect(document).toMatchObject({ revision: 2, reusedChunks: document.chunkCount - afresh });
    expect(document.chunkCount).toBeGreaterThan(40);
    const chunksOf = async (of: string): Promise<unknown> =>
      ((await service.json(`/api/documents/${of}/chunks?limit=100`)).body.items as { id: string }[]).map(
        ({ id: _, ...rest }) => rest,
      );
    const fresh = await send(unique(), edited, { collection: 'afresh' });
    await settled(fresh.body.id as string);
    expect(await chunksOf(id)).toEqual(await chunksOf(fresh.body.id as string));
  });

  it('stays as it is where the revision fails, and takes name and metadata of the same bytes', async () => {
    const [externalId, text] = [unique(), `Good ${unique()}`];
    const { body } = await send(externalId, text, { filename: 'good.json.txt' });
    const { id } = body as { id: string };
    await settled(id);
    await send(externalId, '[broken', { filename: 'bad.json' });
    expect(await settled(id)).toMatchObject({
      status: 'completed',
      filename: 'good.json.txt',
      revision: 1,
      pendingRevision: { status: 'failed', failure: { code: 'CORRUPT_FILE', retryable: false } },
    });
    const same = await send(externalId, text, { filename: 'better.txt', metadata: { a: 1 } });
    expect(same).toMatchObject({
      status: 200,
      body: { id, duplicate: true, filename: 'better.txt', metadata: { a: 1 }, revision: 1 },
    });
    expect(same.body).not.toHaveProperty('pendingRevision');
  });
});

describe('many documents', () => {
  const batch = unique();
  const of = { metadata: { batch } };
  beforeAll(async () => {
    const names = ['cherry.txt', 'apple.txt', 'Banana.txt', 'date.md', 'elder.md'];
    for (const [index, name] of names.entries()) {
      await service.ingest(name, `${'word '.repeat(index + 1)} ${unique()}`, { metadata: { batch, index } });
    }
  });
  const list = async (query: Record<string, string>) => {
    const parameters = new URLSearchParams({ metadata: JSON.stringify({ batch }), ...query });
    return service.json(`/api/documents?${parameters.toString()}`);
  };
  /** All pages of two. */
  const names = async (query: Record<string, string>): Promise<string[]> => {
    const found: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { status, body } = await list({ limit: '2', ...query, ...(cursor !== '' && { cursor }) });
      expect(status).toBe(200);
      found.push(...body.items.map(({ filename }: { filename: string }) => filename));
      cursor = body.nextCursor as string | null;
    }
    return found;
  };

  it('are listed in any order, page by page', async () => {
    const uploaded = ['cherry.txt', 'apple.txt', 'Banana.txt', 'date.md', 'elder.md'];
    expect(await names({})).toEqual(uploaded.toReversed());
    expect(await names({ sort: 'createdAt' })).toEqual(uploaded);
    expect(await names({ sort: 'updatedAt' })).toEqual(uploaded);
    expect(await names({ sort: 'filename' })).toEqual(uploaded.toSorted());
    expect(await names({ sort: '-filename' })).toEqual(uploaded.toSorted().toReversed());
    expect(await names({ sort: '-sizeBytes' })).toEqual(uploaded.toReversed());
  });

  it('are filtered by name, time and metadata, and counted', async () => {
    expect(await names({ filename: 'date.md' })).toEqual(['date.md']);
    expect(await names({ metadata: JSON.stringify({ batch, index: { gte: 1, lt: 3 } }) })).toEqual([
      'Banana.txt',
      'apple.txt',
    ]);
    const { body } = await list({ count: 'true', limit: '1', format: 'md' });
    expect(body).toMatchObject({ total: 2, items: [{ filename: 'elder.md' }] });
    expect(body).not.toHaveProperty('totalIsEstimate');
    const { createdAt } = body.items[0] as { createdAt: string };
    // To the millisecond, and the document itself is later by microseconds or not at all.
    const later = new Date(Date.parse(createdAt) + 1).toISOString();
    expect(await names({ createdAfter: later })).toEqual([]);
    expect(await names({ createdBefore: createdAt })).toHaveLength(4);
  });

  it('refuse a cursor of another order, and conditions that are none', async () => {
    const { nextCursor } = (await list({ limit: '1' })).body as { nextCursor: string };
    expect((await list({ cursor: nextCursor, sort: 'filename' })).body.code).toBe('INVALID_CURSOR');
    for (const metadata of ['{', '5', '{"a":{"near":1}}']) {
      const { body } = await service.json(`/api/documents?${new URLSearchParams({ metadata }).toString()}`);
      expect(body).toMatchObject({ code: 'INVALID_REQUEST', detail: expect.stringMatching(/^metadata/) });
    }
  });

  it('are counted, and then deleted by filter', async () => {
    const remove = (body: object) => service.json('/api/documents/delete', body);
    const filter = { ...of, format: ['txt'] };
    expect(await remove({ filter, dryRun: true })).toEqual({ status: 200, body: { matched: 3, deleted: 0 } });
    expect(await names({})).toHaveLength(5);
    expect(await remove({ filter })).toEqual({ status: 200, body: { matched: 3, deleted: 3 } });
    expect(await names({})).toEqual(['elder.md', 'date.md']);
    expect((await remove({ filter: {} })).body).toMatchObject({ code: 'INVALID_REQUEST' });
    expect((await remove({})).body).toMatchObject({ code: 'INVALID_REQUEST' });
    expect((await remove({ filter: {}, collection: 'nobody' })).body).toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
    await service.json('/api/documents/text', { text: unique(), collection: 'to-be-emptied' });
    expect((await remove({ filter: {}, collection: 'to-be-emptied' })).body).toEqual({ matched: 1, deleted: 1 });
  });
});

describe('unknown ids', () => {
  it.each([randomUUID(), 'not-an-id', '../../etc/passwd', '%00'])('answers 404 for %s', async (id) => {
    const { status, body } = await service.json(`/api/documents/${encodeURIComponent(id)}`);
    expect(status).toBe(404);
    expect(body.code).toBe('DOCUMENT_NOT_FOUND');
  });
});

describe('another file of the same name', () => {
  const upload = async (filename: string, text: string, more: Record<string, string> = {}) => {
    const form = new FormData();
    for (const [field, value] of Object.entries(more)) form.set(field, value);
    form.set('file', new Blob([text]), filename);
    const response = await service.fetch('/api/documents', { method: 'POST', body: form });
    return { status: response.status, body: (await response.json()) as Untyped };
  };

  it('is a further document, a refusal or a revision, as it is asked', async () => {
    const filename = `${unique()}.txt`;
    const first = (await upload(filename, 'One.')).body;
    await service.finished(first.id);
    const further = await upload(filename, `Two. ${unique()}`);
    expect([further.status, further.body.id === first.id]).toEqual([202, false]);
    const bytes = `Three. ${unique()}`;
    const refused = await upload(filename, bytes, { onDuplicate: 'reject' });
    expect([refused.status, refused.body.code, refused.body.detail]).toEqual([
      409,
      'DUPLICATE',
      expect.stringContaining(further.body.id as string),
    ]);
    const free = await upload(`${unique()}.txt`, bytes, { onDuplicate: 'reject' });
    expect(free.status).toBe(202);
    await service.finished(further.body.id);
    const text = `Four. ${unique()}`;
    const replaced = await upload(filename, text, { onDuplicate: 'replace' });
    expect(replaced).toMatchObject({ status: 202, body: { id: further.body.id, revision: 1 } });
    // The same bytes meanwhile, under any name, are the ones on their way.
    expect((await upload('other.txt', text)).body).toMatchObject({ id: further.body.id, duplicate: true });
    const document = await service.reached(further.body.id as string, ({ revision }) => revision === 2);
    expect(document).toMatchObject({ status: 'completed', filename });
    expect(await (await service.fetch(`/api/documents/${document.id}/text`)).text()).toBe(text);
    expect((await upload(filename, text, { onDuplicate: 'replace' })).status).toBe(200);
    const both = await upload(filename, text, { onDuplicate: 'replace', externalId: 'x' });
    expect([both.status, both.body.code]).toEqual([400, 'INVALID_REQUEST']);
    expect((await upload(filename, text, { onDuplicate: 'keep' })).body.detail).toContain('onDuplicate');
  });

  it('is one document of any number that come at once', async () => {
    const filename = `${unique()}.txt`;
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => upload(filename, unique(), { onDuplicate: 'replace' })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    expect(new Set(answers.map(({ body }) => body.id as string)).size).toBe(1);
    const { id } = answers[0]?.body as { id: string };
    await service.reached(id, ({ status, pendingRevision }) => status === 'completed' && !pendingRevision);
    const text = await (await service.fetch(`/api/documents/${id}/text`)).text();
    expect(text).toMatch(/^[a-z]{16}$/);
  });
});

describe('POST /api/documents/status', () => {
  it('says which files have to be sent', async () => {
    const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
    const [kept, changed, coming] = [unique(), unique(), unique()];
    const send = (externalId: string, text: string) =>
      service.json('/api/documents/text', { externalId, text, collection: 'manifest' });
    for (const externalId of [kept, changed, coming]) {
      await service.finished((await send(externalId, `Of ${externalId}`)).body.id as string);
    }
    const failed = await send('broken.json', '[');
    await send(coming, `More of ${coming}`);
    const items = [
      { externalId: changed, sha256: sha('Something else') },
      { externalId: kept, sha256: sha(`Of ${kept}`).toUpperCase() },
      { externalId: coming, sha256: sha(`More of ${coming}`) },
      { externalId: unique(), sha256: sha('x') },
    ];
    const { status, body } = await service.json('/api/documents/status', { collection: 'manifest', items });
    expect([status, body.items]).toEqual([
      200,
      [
        { externalId: changed, state: 'changed', documentId: expect.any(String) },
        { externalId: kept, state: 'current', documentId: expect.any(String), status: 'completed' },
        expect.objectContaining({ externalId: coming, state: 'current' }),
        { externalId: items[3]?.externalId, state: 'missing' },
      ],
    ]);
    expect(failed.status).toBe(202);
    const refusals = [{ collection: 'nobodys', items }, { items: [] }, { items: [{ externalId: 'a', sha256: 'zz' }] }];
    const codes = await Promise.all(
      refusals.map(async (request) => (await service.json('/api/documents/status', request)).body.code as string),
    );
    expect(codes).toEqual(['COLLECTION_NOT_FOUND', 'INVALID_REQUEST', 'INVALID_REQUEST']);
  });
});

describe('POST /api/documents/batch', () => {
  it('judges each text by itself', async () => {
    const [externalId, text] = [unique(), unique()];
    const documents = [{ text, externalId }, { text: '' }, { text, externalId }, { text: 'x', colour: 'red' }, 7];
    const { status, body } = await service.json('/api/documents/batch', { documents });
    expect(status).toBe(200);
    expect(body.items.map((item: Untyped) => [item.status, item.problem?.code])).toEqual([
      ...[
        [202, undefined],
        [400, 'INVALID_REQUEST'],
        [200, undefined],
        [400, 'INVALID_REQUEST'],
      ],
      [400, 'INVALID_REQUEST'],
    ]);
    expect(body.items[2].document).toMatchObject({ id: body.items[0].document.id, externalId, duplicate: true });
    expect(await service.finished(body.items[0].document.id)).toMatchObject({ status: 'completed' });
    const many = Array.from({ length: 101 }, () => ({ text: 'x' }));
    for (const refused of [[], many]) {
      expect((await service.json('/api/documents/batch', { documents: refused })).status).toBe(400);
    }
  });
});

describe('a document that is read again', () => {
  it('is what it was until it is read, as the format that is given, and stays so where that fails', async () => {
    const word = unique();
    const made = await service.json('/api/documents/text', { text: `[{"name":"${word}"}]`, filename: 'rows.txt' });
    const { id } = made.body as { id: string };
    expect(await service.finished(id)).toMatchObject({ format: 'txt', revision: 1 });
    const text = async (): Promise<string> => (await service.fetch(`/api/documents/${id}/text`)).text();
    expect(await text()).toContain('{');
    const asJson = await service.json(`/api/documents/${id}/reprocess`, { format: 'json' });
    expect(asJson).toMatchObject({ status: 202, body: { id, format: 'json', status: 'pending' } });
    expect(await service.finished(id)).toMatchObject({ status: 'completed', format: 'json', revision: 1 });
    const read = await text();
    expect([read.includes(word), read.includes('{')]).toEqual([true, false]);
    await service.json(`/api/documents/${id}/reprocess`, { format: 'pdf' });
    expect(await service.finished(id)).toMatchObject({ status: 'failed', failure: { code: expect.any(String) } });
    expect(await text()).toBe(read);
    const found = await service.json('/api/search', { query: word, mode: 'keyword' });
    expect(found.body.results[0]).toMatchObject({ documentId: id });
    const unknown = await service.json(`/api/documents/${id}/reprocess`, { format: 'none' });
    expect([unknown.status, unknown.body.code]).toEqual([415, 'UNSUPPORTED_FORMAT']);

    const { body } = await service.json('/api/documents/text', { text: unique(), collection: `again-${word}` });
    const before = await service.finished(body.id as string);
    const again = await service.json('/api/documents/reprocess', { filter: {}, collection: `again-${word}` });
    expect(again).toEqual({ status: 200, body: { matched: 1, reprocessed: 1 } });
    const after = await service.reached(
      body.id as string,
      ({ status, updatedAt }) => status === 'completed' && updatedAt !== before.updatedAt,
    );
    // Nothing has changed in it: its vectors are those it had.
    expect(after).toMatchObject({ chunkCount: before.chunkCount, reusedChunks: before.chunkCount });
    expect((await service.json('/api/documents/reprocess', { filter: {} })).status).toBe(400);
  });
});
