import { Logger } from '@nestjs/common';
import type { HttpMetrics } from '@vectorlane/metrics';
import { RequestEnds } from './request-end';

const observe = jest.fn();
const ends = new RequestEnds({ observe } as unknown as HttpMetrics);
const info = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
const debug = jest.spyOn(Logger.prototype, 'debug').mockImplementation(() => undefined);
afterEach(() => jest.clearAllMocks());

it.each([
  ['a probe', 'GET', '/ready', 200, 'debug'],
  ['a probe that fails', 'GET', '/ready', 503, 'info'],
  ['a poll of a document', 'GET', '/api/documents/:id', 200, 'debug'],
  ['a poll of an unknown document', 'GET', '/api/documents/:id', 404, 'info'],
  ['a deletion', 'DELETE', '/api/documents/:id', 204, 'info'],
  ['an upload', 'POST', '/api/documents', 202, 'info'],
  ['a list', 'GET', '/api/documents', 200, 'info'],
])('logs %s (%s %s %i) at %s, and counts it', (_, method, route, status, level) => {
  ends.note({ requestId: 'r', method, route, status, durationMs: 1, bytesSent: 1 });
  expect(level === 'debug' ? debug : info).toHaveBeenCalledTimes(1);
  expect(level === 'debug' ? info : debug).not.toHaveBeenCalled();
  expect(observe).toHaveBeenCalledTimes(1);
});
