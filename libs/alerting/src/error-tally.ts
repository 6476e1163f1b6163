import { Injectable } from '@nestjs/common';
import { type ErrorContext, type ErrorTracker, errorText, firstText, isFaultOfDocument } from '@vectorlane/errors';
import { ErrorVocabulary } from './error-kinds';

/** The latest error of its type, in the caller's words, cut. */
export interface ErrorExample {
  readonly message: string;
  readonly requestId?: string;
  readonly documentId?: string;
  readonly jobId?: string;
  readonly route?: string;
  readonly stage?: string;
}

export interface TalliedErrors {
  readonly errorType: string;
  count: number;
  /** When the latest came, on the clock of this process. */
  lastAt: number;
  example: ErrorExample;
}

export type TallyObserver = (errorType: string, count: number) => void;

/** Long enough for any message a person writes; a redaction reads no more than this. */
const MESSAGE_CHARACTERS = 16_384;
const ID_CHARACTERS = 200;

/** Milliseconds since 1970 that never run backwards. */
export type Clock = () => number;
export const systemClock: Clock = () => performance.timeOrigin + performance.now();

/**
 * Where errors are counted the moment they happen: a map in memory, one entry per type, whatever their number. It knows
 * nobody, so that everybody (the shutdown and Redis' own probe among them) can be given it; the alerting service
 * empties it a moment later.
 */
@Injectable()
export class ErrorTally implements ErrorTracker {
  private readonly vocabulary = new ErrorVocabulary();
  private entries = new Map<string, TalliedErrors>();
  private observer: TallyObserver | undefined;
  private readonly now: Clock = systemClock;

  /** A tally on another clock, for tests. */
  static on(now: Clock): ErrorTally {
    return Object.assign(new ErrorTally(), { now });
  }

  trackError(errorType: string, context: ErrorContext = {}): void {
    const admitted = this.vocabulary.admit(String(errorType));
    if (isFaultOfDocument(admitted)) {
      this.observer?.(admitted, 1);
      return;
    }
    const entry = this.entries.get(admitted);
    const example = exampleFrom(admitted === 'UNKNOWN_ERROR' ? String(errorType) : undefined, context);
    if (entry === undefined) {
      this.entries.set(admitted, { errorType: admitted, count: 1, lastAt: this.now(), example });
    } else {
      entry.count += 1;
      entry.lastAt = this.now();
      entry.example = example;
    }
    this.observer?.(admitted, 1);
  }

  /** Told of every error from here on, and at once of those that were there before it. Must not throw. */
  observe(observer: TallyObserver): void {
    this.observer = observer;
    for (const { errorType, count } of this.entries.values()) observer(errorType, count);
  }

  /** Everything since the last call. */
  take(): TalliedErrors[] {
    const taken = [...this.entries.values()];
    this.entries = new Map();
    return taken;
  }
}

function exampleFrom(unknownType: string | undefined, context: ErrorContext): ErrorExample {
  try {
    const { error, message, requestId, documentId, jobId, route, stage } = context;
    const said = message ?? (isError(error) ? `${error.name}: ${errorText(error)}` : error) ?? 'no message';
    const text = firstText(typeof said === 'string' ? said : describe(said), MESSAGE_CHARACTERS);
    const ids = Object.entries({ requestId, documentId, jobId, route, stage }).filter(
      ([, id]) => typeof id === 'string',
    );
    return {
      message: unknownType === undefined ? text : `[${firstText(unknownType, 64)}] ${text}`,
      ...Object.fromEntries(ids.map(([name, id]) => [name, firstText(id as string, ID_CHARACTERS)])),
    };
  } catch {
    // An error may be any object, with a getter that throws; counting it matters more than quoting it.
    return { message: 'the error could not be read' };
  }
}

/** By its shape: errors from another realm (a thread, a vm) are not of this one's Error. */
function isError(value: unknown): value is Error {
  return typeof value === 'object' && value !== null && 'name' in value && 'message' in value;
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null
    ? `a thrown ${value.constructor?.name ?? 'object'}`
    : String(value);
}
