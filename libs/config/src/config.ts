import { describeSettings } from './describe-settings';
import { settingsSchema, type Settings } from './settings';

// The fields come from the schema; spelling them out again would be a second list to keep.
const SettingsHolder = class {
  constructor(settings: Settings) {
    Object.assign(this, settings);
  }
} as new (settings: Settings) => Readonly<Settings>;

const PRODUCTION_DRAIN_DELAY_MS = 5_000;

/**
 * The validated settings, injected by this class. Fields are named as the variables are, so that one search finds
 * the setting, its use and its documentation.
 */
export class Config extends SettingsHolder {
  /** True when nothing is set and PostgreSQL and Valkey run inside this process tree. */
  get embedded(): boolean {
    return this.DATABASE_URL === undefined;
  }

  /** `SHUTDOWN_DRAIN_DELAY_MS`; by default there is a load balancer to wait for only in production on servers. */
  get drainDelayMs(): number {
    const assumed = this.NODE_ENV === 'production' && !this.embedded ? PRODUCTION_DRAIN_DELAY_MS : 0;
    return this.SHUTDOWN_DRAIN_DELAY_MS ?? assumed;
  }
}

/** A setting has a value the program cannot run with. The message is for the operator and names each variable. */
export class InvalidSettingsError extends Error {
  override readonly name = 'InvalidSettingsError';
}

/**
 * Reads and validates the environment. An empty variable counts as unset, as compose files write it.
 * @throws InvalidSettingsError naming every bad variable, its value (secrets hidden) and what is allowed.
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const descriptions = describeSettings();
  const given: Record<string, string> = {};
  for (const { name } of descriptions) {
    const value = environment[name]?.trim();
    if (value !== undefined && value !== '') given[name] = value;
  }
  const parsed = settingsSchema.safeParse(given);
  if (parsed.success) return new Config(parsed.data);

  const lines = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const description = descriptions.find((candidate) => candidate.name === name);
    const value = given[name];
    const shown =
      value === undefined ? 'is not set' : description?.secret ? 'has a bad value (hidden)' : `is "${value}"`;
    // Where the allowed values can be listed, the list says all; elsewhere the rule that was broken does.
    const allowed = description?.allowed;
    return allowed === undefined || allowed === 'text' || issue.code === 'custom'
      ? `  ${name} ${shown}: ${issue.message}.`
      : `  ${name} ${shown}. Allowed: ${allowed}.`;
  });
  throw new InvalidSettingsError(`Cannot start, the environment has bad settings:\n${lines.join('\n')}`);
}

/**
 * ONNX Runtime reports to its maker, and leaves files about it in the home and temporary folders, unless it finds this
 * in the environment when it is loaded. Called in the main thread, whose environment is the process's own.
 */
export function keepNativeLibrariesQuiet(): void {
  process.env['ORT_DISABLE_TELEMETRY'] = '1';
}
