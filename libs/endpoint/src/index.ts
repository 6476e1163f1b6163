export { ExchangeError, type ExchangeFault } from './exchange-error';
export {
  type Exchange,
  HttpEndpoint,
  type HttpEndpointOptions,
  type HttpReply,
  type OpenReply,
  type StreamedBody,
} from './http-endpoint';
