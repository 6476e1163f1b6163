import { type CanActivate, type CustomDecorator, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Scope } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { ProbesController } from '@vectorlane/health';
import { MetricsController } from '@vectorlane/metrics';
import { ConsoleController } from './console/console.controller';
import { callerOf } from '@vectorlane/http';
import type { Response } from 'express';

/** For everybody. Decided by the class, never by the path: there is more than one way to write a path. */
const PUBLIC_CONTROLLERS: ReadonlySet<unknown> = new Set([ProbesController, MetricsController, ConsoleController]);

const REQUIRED = 'vectorlane:required';

/**
 * Whether a route shows or changes anything that is in a collection. `within-collections`: it does, and so it takes the
 * `Caller` and keeps to what that may see. `outside-collections`: it does not, and a key that is bound to collections
 * has no business there. `no-collections`: it has nothing to do with them, and any key may ask.
 */
export type Reach = 'within-collections' | 'outside-collections' | 'no-collections';

export interface Required {
  readonly scope: Scope;
  readonly reach: Reach;
}

/** What a route below `/api` needs. A route without it is refused to everybody: forgetting it opens nothing. */
export const RequiresScope = (scope: Scope, reach: Reach): CustomDecorator =>
  SetMetadata<string, Required>(REQUIRED, { scope, reach });

/** What a handler declares, or its class for it. */
export function requiredOf(reflector: Reflector, handler: object, type: object): Required | undefined {
  return reflector.getAllAndOverride<Required | undefined>(REQUIRED, [handler as never, type as never]);
}

@Injectable()
export class ApiScopeGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (PUBLIC_CONTROLLERS.has(context.getClass())) return true;
    const required = requiredOf(this.reflector, context.getHandler(), context.getClass());
    const caller = callerOf(context.switchToHttp().getResponse<Response>());
    if (required === undefined || !caller?.scopes.has(required.scope)) {
      throw new Problem('INSUFFICIENT_SCOPE', `This needs a key with the scope "${required?.scope ?? 'none'}".`);
    }
    if (required.reach === 'outside-collections' && caller.collections !== null) {
      throw new Problem('INSUFFICIENT_SCOPE', 'This needs a key that is not bound to collections.');
    }
    return true;
  }
}
