import { ConsoleLogger, Logger as NestLogger, type LogLevel } from '@nestjs/common';
import { Logger } from 'nestjs-pino';

/** Where Nest announces each module and route at boot: forty lines nobody reads, kept for `LOG_LEVEL=debug`. */
const CHATTY_CONTEXTS: ReadonlySet<unknown> = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'BullModule',
]);

/** Nest's logger, through pino. */
export class ServiceLogger extends Logger {
  override log(message: unknown, ...optionalParams: unknown[]): void {
    if (CHATTY_CONTEXTS.has(optionalParams.at(-1))) this.debug(message, ...optionalParams);
    else super.log(message, ...optionalParams);
  }
}

/**
 * Until pino is there: warnings and errors as plain lines. The failure that ends a boot is left to the entry point,
 * which has one message for the operator where Nest would print a page of stack.
 */
export class BootLogger extends ConsoleLogger {
  private endsBySignal = false;

  constructor() {
    super('Boot', { colors: false, logLevels: ['log', 'warn', 'error', 'fatal'] });
  }

  /** From the first instant of a process, before Nest has a logger. */
  static install(): void {
    NestLogger.overrideLogger(new BootLogger());
  }

  /** The message alone: no process id, no time, no box. */
  protected override formatMessage(_level: LogLevel, message: unknown): string {
    return `${typeof message === 'string' ? message : JSON.stringify(message)}\n`;
  }

  /** Only the shutdown is told, and only when a signal asked for it: a start that fails has its one message. */
  override log(message: unknown, ...optionalParams: unknown[]): void {
    if (optionalParams.at(-1) !== 'Shutdown') return;
    const [text = message] = optionalParams.length > 1 ? optionalParams : [];
    if (isObject(message) && typeof message['reason'] === 'string') {
      this.endsBySignal = message['reason'].startsWith('SIG');
    }
    if (this.endsBySignal) super.log(text, 'Shutdown');
  }

  override error(message: unknown, ...optionalParams: unknown[]): void {
    if (optionalParams.at(-1) === 'ExceptionHandler') return;
    super.error(message, ...optionalParams);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
