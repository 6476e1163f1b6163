export { describeBootFailure } from './boot-failure';
export {
  callerOf,
  type PresentedKey,
  presentedKey,
  presentedSession,
  proveAgain,
  refuseForgery,
  rememberCaller,
  SESSION_COOKIE,
} from './caller';
export { DependencyGauge } from './dependency-gauge';
export { HttpAdapter, inviteBody } from './http-adapter';
export { closeHttpServer, requireFreePort } from './http-server';
export { answerParserErrors } from './parser-errors';
export { type ProblemAnswer, ProblemFilter, toProblem } from './problem.filter';
export { requestContext } from './request-context';
export { type EndedRequest, markStream, RequestEnds } from './request-end';
export { refuseMethod, refuseUnreadable } from './request-refusals';
export { type Route, RouteTable } from './route-table';
export { PROBES, routeOf, routeTemplate } from './route-template';
export { securityHeaders } from './security-headers';
