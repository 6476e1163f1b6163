import { type INestApplication, Logger } from '@nestjs/common';
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
    setTimeout(() => {
      new Logger('Shutdown').log(
        'finishing what is in hand; another signal ends it at once, and what is unfinished goes on at the next start',
      );
    }, SECOND_SIGNAL_AFTER_MS).unref();
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
  const listening = listenFailure(error);
  if (listening !== undefined) {
    process.stderr.write(`\n${listening}\n`);
    process.exit(1);
  }
  const known = error instanceof Error && EXPECTED.has(error.name);
  process.stderr.write(
    `\n${known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}

/** What keeps the server from listening, as the operator knows it: by its settings. */
function listenFailure(error: unknown): string | undefined {
  const { code, syscall, port, address, hostname } = error as NodeJS.ErrnoException & Record<string, unknown>;
  if (syscall === 'getaddrinfo')
    return `HOST ${String(hostname)} is not known here. Set HOST to an address of this machine.`;
  if (syscall !== 'listen') return undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${String(port)} on ${String(address)} is taken. Stop whoever has it, or set PORT to another one.`;
    case 'EADDRNOTAVAIL':
      return `HOST ${String(address)} is not an address of this machine. 127.0.0.1 is this machine alone, 0.0.0.0 everybody.`;
    case 'EACCES':
      return `Port ${String(port)} may not be opened by this user. Set PORT to 1024 or higher.`;
    default:
      return undefined;
  }
}

/** Errors whose message says all there is to say to an operator. */
const EXPECTED: ReadonlySet<string> = new Set([
  'InvalidSettingsError',
  'NoApiKeyError',
  'SpaceMismatchError',
  'DataFolderInUseError',
  'DataFolderUnusableError',
  'ModelFilesError',
  'DependencyUnreachableError',
]);
