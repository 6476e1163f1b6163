import { signal } from '@preact/signals';
import type { Session } from './types';

/** Says to the server that a change comes from this page: a form of another page cannot set it. */
export const CONSOLE_HEADER = 'X-Vectorlane-Console';
const TIMEOUT_MS = 30_000;
const MOST_REFUSALS = 20;

/** A refusal of the API (RFC 9457), or of the network: then `status` is 0. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
    readonly requestId: string | undefined,
    readonly retryAfterSeconds: number | undefined,
  ) {
    super(message);
  }
}

/** Who is signed in; null: nobody; undefined: not known yet. */
export const session = signal<Session | null | undefined>(undefined);
/** Whether the last request reached the server. */
export const isReachable = signal(true);

export interface Refusal {
  readonly at: Date;
  readonly route: string;
  readonly error: ApiError;
}
/** What this page was refused lately, newest first. */
export const refusals = signal<readonly Refusal[]>([]);

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly json?: unknown;
  readonly signal?: AbortSignal;
}

/** @throws ApiError */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await ask(path, options);
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** @throws ApiError */
export async function requestText(path: string, options: RequestOptions = {}): Promise<string> {
  return (await ask(path, options)).text();
}

/** @throws ApiError */
export async function requestBlob(path: string, options: RequestOptions = {}): Promise<Blob> {
  return (await ask(path, options)).blob();
}

export function queryOf(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

async function ask(path: string, { method = 'GET', json, signal: gone }: RequestOptions): Promise<Response> {
  const bound = AbortSignal.timeout(TIMEOUT_MS);
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        [CONSOLE_HEADER]: '1',
        Accept: 'application/json',
        ...(json !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      signal: gone === undefined ? bound : AbortSignal.any([gone, bound]),
    });
  } catch (error) {
    // Nobody waits for it any more.
    if (gone?.aborted === true) throw error;
    isReachable.value = false;
    throw new ApiError('The server does not answer.', 0, 'UNREACHABLE', undefined, undefined);
  }
  isReachable.value = true;
  if (response.ok) return response;
  throw await refused(method, path, response);
}

async function refused(method: string, path: string, response: Response): Promise<ApiError> {
  const error = errorOf(response.status, await response.text(), (name) => response.headers.get(name));
  noteRefusal(`${method} ${path.split('?')[0] ?? path}`, error);
  return error;
}

/** Reads the body of a refusal, which may be no problem document where a proxy wrote it. */
export function errorOf(status: number, body: string, header: (name: string) => string | null): ApiError {
  const retryAfter = Number(header('Retry-After') ?? Number.NaN);
  const problem = problemIn(body);
  return new ApiError(
    problem?.detail ?? problem?.title ?? `The server answered ${status}.`,
    status,
    problem?.code ?? 'UNKNOWN',
    header('X-Request-ID') ?? undefined,
    Number.isFinite(retryAfter) ? retryAfter : undefined,
  );
}

/** Keeps it for the view of what goes on; where nobody is signed in any more, the page asks for a key. */
export function noteRefusal(route: string, error: ApiError): void {
  if (error.status === 401) session.value = null;
  else refusals.value = [{ at: new Date(), route, error }, ...refusals.value].slice(0, MOST_REFUSALS);
}

function problemIn(body: string): { detail?: string; title?: string; code?: string } | undefined {
  try {
    return JSON.parse(body) as { detail?: string; title?: string; code?: string };
  } catch {
    return undefined;
  }
}
