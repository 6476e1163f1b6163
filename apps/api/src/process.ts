import type { INestApplication } from '@nestjs/common';
import { ShutdownSequence } from '@vectorlane/shutdown';

/** A Ctrl-C reaches the process twice under npm, in the same instant; only a later one means "now". */
const SECOND_SIGNAL_AFTER_MS = 1_000;

/** Exit codes of a process that a signal ended before it could close in order. */
const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * SIGTERM or SIGINT closes the service in order and exits 0, or 1 when a step failed. A second signal at least a
 * second later exits at once.
 */
export function exitOnSignals(app: INestApplication): void {
  let firstAt: number | undefined;
  const onSignal = (signal: keyof typeof SIGNAL_CODES): void => {
    if (firstAt !== undefined) {
      if (performance.now() - firstAt >= SECOND_SIGNAL_AFTER_MS) process.exit(SIGNAL_CODES[signal]);
      return;
    }
    firstAt = performance.now();
    const sequence = app.get(ShutdownSequence);
    app.close().then(
      () => process.exit(sequence.failures > 0 ? 1 : 0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

/** The boot failed: one message for the operator (with the stack only when it is a fault of ours), exit 1. */
export function reportBootFailure(error: unknown): void {
  if (isAddressInUse(error)) {
    process.stderr.write(
      `\nPort ${error.port} on ${error.address} is taken. Stop whoever has it, or set PORT to another one.\n`,
    );
    process.exit(1);
  }
  const known = error instanceof Error && EXPECTED.has(error.name);
  process.stderr.write(
    `\n${known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}

function isAddressInUse(error: unknown): error is Error & { port: number; address: string } {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

/** Errors whose message says all there is to say to an operator. */
const EXPECTED: ReadonlySet<string> = new Set([
  'InvalidSettingsError',
  'NoApiKeyError',
  'SpaceMismatchError',
  'DataFolderInUseError',
  'ModelFilesError',
  'DependencyUnreachableError',
]);
