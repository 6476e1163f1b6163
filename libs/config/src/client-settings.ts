import { z } from 'zod';
import { InvalidSettingsError } from './config';
import type { SettingDescription } from './describe-settings';
import { settingsSchema } from './settings';

/**
 * What a command line client needs to find the server and to be let in. A schema of its own, so that a client on
 * another machine runs without one valid setting of the server's.
 */

/** A key travels in a header, so it may hold visible ASCII alone. */
const API_KEY_PATTERN = /^[\x21-\x7e]{1,256}$/;

const ADDRESS_RULE = 'an http:// or https:// address without user name, password, query or fragment';

const clientSettingsSchema = z.object({
  VECTORLANE_URL: z
    .string()
    .refine((value) => serverAddress(value) !== undefined, { error: `must be ${ADDRESS_RULE}` })
    .optional()
    .meta({
      allowed: ADDRESS_RULE,
      reason: 'Server the command line client talks to. Unset: `HOST` and `PORT` of this machine.',
    }),
  VECTORLANE_API_KEY: z
    .string()
    .regex(API_KEY_PATTERN, { error: 'must be one line of visible ASCII characters' })
    .optional()
    .meta({
      secret: true,
      allowed: 'an API key',
      reason: 'Key the command line client shows. Unset: the file `api-key` in `DATA_DIR`.',
    }),
  NO_COLOR: z.string().optional().meta({
    allowed: 'anything',
    reason: 'Set to anything: the command line client writes no colours (no-color.org).',
  }),
  INIT_CWD: z.string().optional().meta({
    allowed: 'a folder',
    reason: 'Set by npm: the folder it was called in, against which relative paths are taken.',
  }),
  HOST: settingsSchema.shape.HOST,
  PORT: settingsSchema.shape.PORT,
  DATA_DIR: settingsSchema.shape.DATA_DIR,
});

export interface ClientSettings {
  /** Base address of the server, without a slash at its end. */
  readonly url: string;
  /** Secret: never print it, never put it into an error. */
  readonly apiKey: string | undefined;
  readonly dataDir: string;
  /** Folder the user typed the command in, when npm told us; npm itself starts programs in the package's folder. */
  readonly callerDir: string | undefined;
  readonly color: boolean;
}

/**
 * Reads the client's part of the environment. An empty variable counts as unset.
 * @throws InvalidSettingsError naming the variable; its value is shown only where it is no secret.
 */
export function loadClientSettings(environment: NodeJS.ProcessEnv = process.env): ClientSettings {
  const given: Record<string, string> = {};
  for (const name of Object.keys(clientSettingsSchema.shape)) {
    const value = environment[name]?.trim();
    if (value !== undefined && value !== '') given[name] = value;
  }
  const parsed = clientSettingsSchema.safeParse(given);
  if (!parsed.success) {
    // An address may carry a password and a key is one: neither is repeated, whatever is wrong with it.
    const lines = parsed.error.issues.map((issue) => `  ${String(issue.path[0])}: ${issue.message}`);
    throw new InvalidSettingsError(`The environment has bad settings for the client:\n${lines.join('\n')}`);
  }
  const { VECTORLANE_URL, VECTORLANE_API_KEY, HOST, PORT, DATA_DIR, INIT_CWD, NO_COLOR } = parsed.data;
  return {
    url: serverAddress(VECTORLANE_URL ?? localAddress(HOST, PORT)) ?? localAddress('127.0.0.1', PORT),
    apiKey: VECTORLANE_API_KEY,
    dataDir: DATA_DIR,
    callerDir: INIT_CWD,
    color: NO_COLOR === undefined,
  };
}

/** The address as it is put before a route, or undefined when it is not one a client may use. */
export function serverAddress(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, username, password, search, hash, href } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return undefined;
  if (username !== '' || password !== '' || search !== '' || hash !== '') return undefined;
  return href.replace(/\/+$/, '');
}

/** True for text that may be sent as a key. */
export function isApiKeyText(text: string): boolean {
  return API_KEY_PATTERN.test(text);
}

/** The settings only clients have, as `describeSettings` gives the server's. */
export function describeClientSettings(): readonly SettingDescription[] {
  const { VECTORLANE_URL, VECTORLANE_API_KEY, NO_COLOR } = clientSettingsSchema.shape;
  return Object.entries({ VECTORLANE_URL, VECTORLANE_API_KEY, NO_COLOR }).map(([name, field]) => {
    const meta = field.meta() ?? {};
    return {
      name,
      defaultValue: undefined,
      allowed: String(meta['allowed']),
      reason: String(meta['reason']),
      secret: meta['secret'] === true,
    };
  });
}

/** A server bound to every address is reached on the loopback; port 0 says nothing, so the usual one is tried. */
function localAddress(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const name = reachable.includes(':') ? `[${reachable}]` : reachable;
  return `http://${name}:${port === 0 ? 3000 : port}`;
}
