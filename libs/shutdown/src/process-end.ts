import { Logger } from '@nestjs/common';
import type { ShutdownSequence } from './shutdown-sequence';

/** A Ctrl-C reaches the process twice under npm, in the same instant; only a later one means "now". */
const SECOND_SIGNAL_AFTER_MS = 1_000;
/**
 * For the framework's own hooks once all is closed. BullMQ's waits for the job of a worker that was given up, for ever.
 */
const HOOKS_MS = 1_000;

/** Exit codes of a process that a signal ended before it could close in order. */
const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143 } as const;
type EndingSignal = keyof typeof SIGNAL_CODES;

/**
 * From its first instant to its last the process ends in one way: a signal, an error nobody caught or a boot that fails
 * closes what is open in order, and the exit code tells how that went: 0, or 1 when a step failed or ran out of time,
 * or when an error was the reason. A second signal at least a second later exits at once.
 *
 * The listeners are there before anything is opened: as PID 1 of a container a process without them cannot be stopped
 * by a signal at all.
 */
export class ProcessEnd {
  private readonly logger = new Logger('Shutdown');
  private close: (reason: string) => Promise<void>;
  private begunAt: number | undefined;

  constructor(private readonly shutdown: ShutdownSequence) {
    this.close = (reason) => shutdown.run(reason);
    for (const signal of Object.keys(SIGNAL_CODES) as EndingSignal[]) process.on(signal, () => this.onSignal(signal));
    // A rejection that nobody handles comes here as well; the origin tells which.
    process.on('uncaughtException', (error, origin) => this.onUncaught(error, origin));
  }

  /** From here on the framework closes, and its lifecycle hooks run the sequence. */
  through(app: { close(signal?: string): Promise<void> }): void {
    this.close = (reason) => app.close(reason);
  }

  /** @param message all there is to say to the operator, said last */
  bootFailed(message: string): void {
    // A signal ended the boot: that it could not go on is no news.
    if (this.begunAt === undefined) this.begin('the start failed', message);
  }

  private onSignal(signal: EndingSignal): void {
    if (this.begunAt !== undefined) {
      if (performance.now() - this.begunAt >= SECOND_SIGNAL_AFTER_MS) process.exit(SIGNAL_CODES[signal]);
      return;
    }
    this.begin(signal);
    setTimeout(() => {
      this.logger.log(
        'finishing what is in hand; another signal ends it at once, and what is unfinished goes on at the next start',
      );
    }, SECOND_SIGNAL_AFTER_MS).unref();
  }

  private onUncaught(error: unknown, origin: string): void {
    this.shutdown.recordUncaught(error, origin);
    if (this.begunAt === undefined) this.begin(origin);
  }

  private begin(reason: string, bootFailure?: string): void {
    this.begunAt = performance.now();
    const giveUp = (): void => {
      this.logger.fatal('something still holds the program; it is ended');
      exit(true);
    };
    // The sequence keeps its own deadline; this one is for what is not in it.
    setTimeout(giveUp, this.shutdown.deadlineMs + 2 * HOOKS_MS).unref();
    void this.shutdown.done.then(() => setTimeout(giveUp, HOOKS_MS).unref());
    const exit = (failed: boolean): void => {
      if (bootFailure !== undefined) process.stderr.write(`${bootFailure}\n`);
      // While the framework is being made its lines wait for the logger to come: there will be none.
      else Logger.flush();
      process.exit(failed || bootFailure !== undefined ? 1 : 0);
    };
    this.close(reason).then(
      () => exit(this.shutdown.failures > 0),
      (error: unknown) => {
        this.logger.fatal({ err: error }, 'the program could not be closed');
        exit(true);
      },
    );
  }
}
