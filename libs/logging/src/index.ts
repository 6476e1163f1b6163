export { correlationId, LogContext, type LogBindings } from './log-context';
export { LoggingModule } from './logging.module';
export { logsArePretty, pinoOptions } from './pino-options';
export { BootLogger, ServiceLogger } from './nest-loggers';
