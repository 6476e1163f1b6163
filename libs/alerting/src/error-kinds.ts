import { ERROR_TYPES } from '@vectorlane/errors';

/** What an error type means to the person who is woken by it, and where the runbook goes on. */
export interface ErrorKind {
  readonly meaning: string;
  readonly action: string;
}

const KINDS: Readonly<Record<string, ErrorKind>> = {
  HTTP_INTERNAL_ERROR: {
    meaning: 'Requests were answered with 500: an error of ours that no other code names.',
    action: 'Look the requestId up in the log; the line of level error with the same requestId has the stack.',
  },
  SHUTDOWN_ERROR: {
    meaning: 'A step of the shutdown failed or ran out of its time; the process exits with 1.',
    action: 'Look for "could not close in order" in the log of that host; what was in hand goes on at the next start.',
  },
  WEBHOOK_DISABLED: {
    meaning: 'A webhook was switched off: its receiver answered 410, or nothing got through for a day.',
    action: 'See its deliveries (GET /api/webhooks/{id}/deliveries); enable it again once its receiver answers.',
  },
  UNCAUGHT_EXCEPTION: {
    meaning: 'An error that nobody caught ended the process.',
    action: 'Look for the line of level fatal in the log of that host; it has the stack. Check that it was restarted.',
  },
  UNKNOWN_ERROR: {
    meaning: 'Errors of a type that is not in the vocabulary, counted together.',
    action: 'The example names the type; give it a place in the vocabulary of libs/errors.',
  },
};

const INGESTION: ErrorKind = {
  meaning: 'Documents could not be ingested, for the reason that the code names.',
  action: 'Ask GET /api/documents?status=failed for them; POST /api/documents/{id}/retry once the cause is fixed.',
};

const DEPENDENCY: ErrorKind = {
  meaning: 'A dependency went from answering to not answering.',
  action: 'See which one /ready calls down, and whether it runs, is reachable and is not full.',
};

/** The drill that an operator starts; never counted. */
const TEST: ErrorKind = {
  meaning: 'Somebody asked for a test alert.',
  action: 'Nothing. That you can read this is what was tested.',
};

/** The words about one type; every type has some. */
export function kindOf(errorType: string): ErrorKind {
  if (errorType === 'TEST') return TEST;
  if (errorType.startsWith('INGESTION_')) return INGESTION;
  if (errorType.startsWith('DEPENDENCY_')) return DEPENDENCY;
  return KINDS[errorType] ?? (KINDS['UNKNOWN_ERROR'] as ErrorKind);
}

/** Where the runbook speaks of it: a heading of docs/alerting.md. */
export function runbookOf(errorType: string): string {
  const heading = errorType.startsWith('DEPENDENCY_') ? 'dependency_name' : errorType.toLowerCase();
  return `docs/alerting.md#${heading}`;
}

/**
 * How many errors raise an alert. A dependency reports once when it is lost, not once per failed call, and a webhook
 * once when it is switched off: that one is news enough.
 */
export function thresholdOf(errorType: string, threshold: number): number {
  return errorType.startsWith('DEPENDENCY_') || errorType === 'WEBHOOK_DISABLED' ? 1 : threshold;
}

const DEPENDENCY_TYPE = /^DEPENDENCY_[A-Z0-9_]{1,40}$/;
const DEPENDENCIES_AT_MOST = 32;

/**
 * Holds the number of windows down: a type of the vocabulary or of a dependency stays itself, anything else is counted
 * as `UNKNOWN_ERROR`, and so is every dependency after the thirty-second.
 */
export class ErrorVocabulary {
  private readonly dependencies = new Set<string>();

  admit(errorType: string): string {
    if (ERROR_TYPES.has(errorType) || this.dependencies.has(errorType)) return errorType;
    if (!DEPENDENCY_TYPE.test(errorType) || this.dependencies.size >= DEPENDENCIES_AT_MOST) return 'UNKNOWN_ERROR';
    this.dependencies.add(errorType);
    return errorType;
  }
}
