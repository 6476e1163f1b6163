import { Config } from '@vectorlane/config';
import type { LoggerOptions } from 'pino';

/**
 * Fields that never reach a log line, whoever logs them. Keys are hidden by name here; texts, bodies and webhook
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
  // TypeORM and pg hang the statement's parameters on their errors: a document's text among them.
  'err.parameters',
  'err.driverError',
  'err.detail',
  'err.where',
];

/** JSON lines for machines; on a developer's terminal the same lines, readable. */
export function pinoOptions(config: Config): LoggerOptions {
  const pretty =
    config.LOG_FORMAT === 'pretty' ||
    (config.LOG_FORMAT === 'auto' && config.NODE_ENV !== 'production' && process.stdout.isTTY);
  return {
    level: config.LOG_LEVEL,
    redact: { paths: REDACTED, censor: '[hidden]' },
    formatters: { level: (label) => ({ level: label }) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    base: { service: 'vectorlane' },
    ...(pretty && {
      transport: {
        target: 'pino-pretty',
        options: { ignore: 'service,context', messageFormat: '{context}: {msg}', translateTime: 'SYS:HH:MM:ss' },
      },
    }),
  };
}
