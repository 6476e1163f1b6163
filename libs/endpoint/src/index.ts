export { backoffMs, REAL_TIMING, type Timing } from './backoff';
export { ExchangeError, type ExchangeFault } from './exchange-error';
export { type Exchange, HttpEndpoint, type HttpEndpointOptions, type HttpReply } from './http-endpoint';
export { retryAfterMs } from './retry-after';
