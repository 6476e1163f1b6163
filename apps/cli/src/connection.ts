import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isApiKeyText, loadClientSettings, serverAddress, type ClientSettings } from '@vectorlane/config';
import { ApiClient } from './api-client';
import type { ParsedCommandLine } from './command-line';
import { DEFAULT_RETRY_POLICY } from './retry-policy';
import type { Io } from './terminal';

/**
 * Where the server is and which key opens it: the option, else the environment, else what a local server left behind.
 */
export async function connect(
  line: ParsedCommandLine,
  io: Io,
  onWait?: (waitMs: number, reason: string) => void,
): Promise<ApiClient> {
  return new ApiClient({
    ...(await serverOf(line, io)),
    requestTimeoutMs: line.integer('timeout', { min: 1, max: 3_600, default: 30 }) * 1_000,
    policy: DEFAULT_RETRY_POLICY,
    clock: io.clock,
    random: io.random,
    onWait,
  });
}

/** Its address, and the key to show it. */
export async function serverOf(
  line: ParsedCommandLine,
  io: Io,
): Promise<{ readonly url: string; readonly apiKey: string | undefined }> {
  const settings = loadClientSettings(io.environment);
  return { url: addressFrom(line, settings), apiKey: await keyFrom(line, settings) };
}

function addressFrom(line: ParsedCommandLine, settings: ClientSettings): string {
  const given = line.text('url');
  if (given === undefined) return settings.url;
  const url = serverAddress(given);
  // The text is not repeated: it may carry a password.
  if (url === undefined)
    throw line.error('--url must be an http:// or https:// address without user name, password, query or fragment');
  return url;
}

/** @returns undefined when there is none; the server then says that one is needed. */
async function keyFrom(line: ParsedCommandLine, settings: ClientSettings): Promise<string | undefined> {
  const given = line.text('key')?.trim();
  if (given !== undefined) {
    if (!isApiKeyText(given))
      throw line.error('--key is not an API key: it must be one line of visible ASCII characters');
    return given;
  }
  return settings.apiKey ?? (await keyFile(join(settings.dataDir, 'api-key'), line));
}

async function keyFile(path: string, line: ParsedCommandLine): Promise<string | undefined> {
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // No local server has ever written one: the ordinary case of a client on another machine.
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw line.error(
      `the key file ${path} cannot be read (${code ?? 'unknown error'}); give the key by --key or VECTORLANE_API_KEY`,
    );
  }
  if (!isApiKeyText(text)) throw line.error(`the key file ${path} does not hold an API key`);
  return text;
}
