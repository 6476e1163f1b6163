import { ConsoleLogger } from '@nestjs/common';

/**
 * Until pino is there: what Nest buffered is shown if the boot fails. The failure itself is left to the entry point,
 * which has one message for the operator where Nest would print a page of stack.
 */
export class BootLogger extends ConsoleLogger {
  override error(message: unknown, ...optionalParams: unknown[]): void {
    if (optionalParams.at(-1) === 'ExceptionHandler') return;
    super.error(message, ...optionalParams);
  }
}
