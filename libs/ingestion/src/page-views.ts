import { Injectable } from '@nestjs/common';
import { ContentsRepository, type Document, wholeOf } from '@vectorlane/documents';
import { IngestionFailure, Problem } from '@vectorlane/errors';
import { ExtractionService, PAINTED_FORMATS, type PageView, type PageWish } from '@vectorlane/extraction';
import { within } from '@vectorlane/time';

/** Files in memory at once. */
const AT_ONCE = 2;
/** Who comes when this many wait is sent away for a moment. */
const MOST_WAITING = 16;
const BUSY_SECONDS = 2;
/** The wait for a turn included. */
const TIMEOUT_MS = 30_000;
/** A larger file is one for a program of its own. */
const MAX_BYTES = 50_000_000;
/** Pictures of pages that were looked at last. */
const KEPT_BYTES = 16_000_000;

type Viewed = Pick<Document, 'contentId' | 'format' | 'sizeBytes'>;

/**
 * Pages of documents as they are shown, for people who look at a passage. Painted by the parsers from the original
 * bytes when they are asked for; nothing of it is stored.
 */
@Injectable()
export class PageViews {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  /** By content and page, the one that was looked at last at the end. */
  private readonly kept = new Map<string, PageView>();

  constructor(
    private readonly contents: ContentsRepository,
    private readonly extraction: ExtractionService,
  ) {}

  /**
   * @throws Problem `PAGE_NOT_AVAILABLE`, `DEPENDENCY_UNAVAILABLE` when too many are asked for at once; the signal's
   *   reason
   */
  async view(document: Viewed, wish: PageWish, signal: AbortSignal): Promise<PageView> {
    if (!PAINTED_FORMATS.has(document.format)) throw unavailable('Documents of this format have no pages to show.');
    if (document.sizeBytes > MAX_BYTES) {
      throw unavailable(`Pages of files above ${MAX_BYTES / 1_000_000} MB are not shown. Download the file.`);
    }
    const key = `${document.contentId} ${wish.number}`;
    const known = wish.passage === undefined ? this.kept.get(key) : undefined;
    const view = known ?? (await this.inTurn((giveUp) => this.look(document, wish, giveUp), signal));
    if (wish.number > view.pages) throw unavailable(`The document has ${view.pages} pages.`);
    if (wish.passage === undefined) this.keep(key, view);
    return view;
  }

  private async look(document: Viewed, wish: PageWish, signal: AbortSignal): Promise<PageView> {
    const { contentId, sizeBytes } = document;
    const bytes = await wholeOf(this.contents.read(contentId, sizeBytes), sizeBytes, signal);
    try {
      return await this.extraction.viewPage(document.format, bytes, wish, signal);
    } catch (error) {
      if (!(error instanceof IngestionFailure) || error.code === 'INTERNAL_ERROR') throw error;
      throw new Problem('PAGE_NOT_AVAILABLE', error.message, { cause: error });
    }
  }

  private async inTurn(work: (giveUp: AbortSignal) => Promise<PageView>, signal: AbortSignal): Promise<PageView> {
    if (this.running >= AT_ONCE && this.waiting.length >= MOST_WAITING) {
      throw new Problem('DEPENDENCY_UNAVAILABLE', 'Too many pages are looked at just now. Ask again.', {
        retryAfterSeconds: BUSY_SECONDS,
      });
    }
    return within(
      async (giveUp) => {
        await this.turn();
        try {
          giveUp.throwIfAborted();
          return await work(giveUp);
        } finally {
          // The turn goes to who waits longest, or to nobody.
          const next = this.waiting.shift();
          if (next === undefined) this.running -= 1;
          else next();
        }
      },
      {
        timeoutMs: TIMEOUT_MS,
        signal,
        late: () => unavailable(`This page could not be shown within ${TIMEOUT_MS / 1_000} s.`),
      },
    );
  }

  private async turn(): Promise<void> {
    if (this.running >= AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running += 1;
  }

  private keep(key: string, view: PageView): void {
    this.kept.delete(key);
    this.kept.set(key, view);
    let bytes = [...this.kept.values()].reduce((sum, { picture }) => sum + picture.length, 0);
    for (const [oldest, { picture }] of this.kept) {
      if (bytes <= KEPT_BYTES) return;
      this.kept.delete(oldest);
      bytes -= picture.length;
    }
  }
}

function unavailable(detail: string): Problem {
  return new Problem('PAGE_NOT_AVAILABLE', detail);
}
