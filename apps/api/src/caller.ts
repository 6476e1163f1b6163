import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Principal } from '@vectorlane/auth';
import { callerOf } from '@vectorlane/http';
import type { Response } from 'express';

/**
 * Who is calling. Whatever a handler reads or changes in collections, it reads and changes as this caller: a test
 * refuses handlers that reach into collections and do not take it.
 */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const caller = callerOf(context.switchToHttp().getResponse<Response>());
  if (caller === undefined) throw new Error('A request without a caller has passed the guard.');
  return caller;
});
