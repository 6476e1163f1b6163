import { Config } from '@vectorlane/config';
import { type DestinationStream, pino } from 'pino';
import type { Options } from 'pino-http';
import prettyStream from 'pino-pretty';
import { serializeError } from './error-serializer';
import { boundToLine } from './log-context';

/**
 * Fields that never reach a log line, whatever logs them. Keys are hidden by name here; texts, bodies and webhook
 * addresses are simply never passed to a logger.
 */
const REDACTED = [
  'apiKey',
  'key',
  'password',
  'secret',
  'authorization',
  'headers.authorization',
  'headers["x-api-key"]',
  'headers.cookie',
  'req.headers.authorization',
  'req.headers["x-api-key"]',
  'req.headers.cookie',
  'err.config',
  // ioredis hangs the command on its errors, AUTH with its password among them.
  'err.command',
  // TypeORM and pg hang the statement's parameters on their errors: a document's text among them.
  'err.parameters',
  'err.driverError',
  'err.detail',
  'err.where',
];

/** Whether somebody reads the output as it comes; else it belongs to machines, line by line. */
export function logsArePretty({ LOG_FORMAT, NODE_ENV }: Config): boolean {
  return LOG_FORMAT === 'pretty' || (LOG_FORMAT === 'auto' && NODE_ENV !== 'production' && process.stdout.isTTY);
}

/** JSON lines for machines; on a developer's terminal the same lines, readable. */
export function pinoOptions(config: Config): Options {
  return {
    level: config.LOG_LEVEL,
    redact: { paths: REDACTED, censor: '[hidden]' },
    serializers: { err: serializeError },
    wrapSerializers: false,
    formatters: { level: (label) => ({ level: label }) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    mixin: boundToLine,
    base: { service: 'vectorlane' },
    stream: logsArePretty(config) ? prettyLines() : jsonLines(),
  };
}

// Both write at once and in this thread: a line is out when the next statement runs, so that lines keep their order,
// also with whatever else is printed, and the last ones of a process that ends are not lost. pino's own default hands
// lines to a thread, and what that one holds at the exit comes last or never.

function jsonLines(): DestinationStream {
  return pino.destination({ fd: process.stdout.fd, sync: true });
}

function prettyLines(): DestinationStream {
  return prettyStream({
    sync: true,
    singleLine: true,
    ignore: 'service,context',
    messageFormat: '{context}: {msg}',
    translateTime: 'SYS:HH:MM:ss',
  });
}
