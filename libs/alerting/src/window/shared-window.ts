import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { OUTCOMES, type Outcome, type Report } from './alert-rules';
import { ALERT_WINDOW_SCRIPT } from './alert-window.script';

/** A report with what the rules need to judge it. */
export type TypedReport = Report & { readonly errorType: string; readonly threshold: number };

/** One call of the script: what this process adds, under a number that makes it safe to send twice. */
export interface ScriptRequest {
  readonly replica: string;
  readonly sequence: number;
  /** The reports hold everything this process knows of the last hour, for a Redis that has forgotten it. */
  readonly whole?: boolean;
  /** Milliseconds since 1970 instead of Redis' own clock; for tests. */
  readonly now?: number;
  readonly reports: readonly TypedReport[];
}

/** Where one error type stands after the call: all that were reported, and all with an open alert. */
export interface ScriptAnswer {
  readonly errorType: string;
  /** What this process, and no other, has to send. */
  readonly outcomes: readonly Outcome[];
  readonly count: number;
  readonly incident: number;
  readonly firstAgeMs: number;
  readonly lastAgeMs: number;
  readonly alertedAgeMs?: number | undefined;
  readonly escalatedAgeMs?: number | undefined;
  readonly open: boolean;
}

const answersSchema = z.array(
  z.object({
    errorType: z.string(),
    outcomes: z
      .string()
      .transform((text) => text.split(',').filter((word) => word !== ''))
      .pipe(z.array(z.enum(OUTCOMES))),
    count: z.number(),
    incident: z.number(),
    firstAgeMs: z.number(),
    lastAgeMs: z.number(),
    alertedAgeMs: z.number().optional(),
    escalatedAgeMs: z.number().optional(),
    open: z.boolean(),
  }),
);

const KEY_PREFIX = 'vectorlane:{alerts}';
const SCRIPT_DIGEST = createHash('sha1').update(ALERT_WINDOW_SCRIPT).digest('hex');

/** The window that all replicas share: one round trip, decided inside Redis. */
export class SharedWindow {
  constructor(private readonly redis: Redis) {}

  /**
   * @returns undefined when Redis has lost its memory and wants a whole report
   * @throws Error while Redis is away; the request may have been carried out all the same
   */
  async exchange(request: ScriptRequest): Promise<readonly ScriptAnswer[] | undefined> {
    const text = await this.run(JSON.stringify(request));
    return text === 'forgotten' ? undefined : answersSchema.parse(JSON.parse(text));
  }

  private async run(argument: string): Promise<string> {
    try {
      return String(await this.redis.evalsha(SCRIPT_DIGEST, 1, KEY_PREFIX, argument));
    } catch (error) {
      // A server that was restarted, or has never met the script.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return String(await this.redis.eval(ALERT_WINDOW_SCRIPT, 1, KEY_PREFIX, argument));
    }
  }
}
