import { type CanActivate, type CustomDecorator, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Scope } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { ProbesController } from '@vectorlane/health';
import { MetricsController } from '@vectorlane/metrics';
import { callerOf } from '@vectorlane/http';
import type { Response } from 'express';

/** For everybody. Decided by the class, never by the path: there is more than one way to write a path. */
const PUBLIC_CONTROLLERS: ReadonlySet<unknown> = new Set([ProbesController, MetricsController]);

const REQUIRED_SCOPE = 'vectorlane:scope';

/** The scope a route below `/api` needs. A route without one is refused to everybody: forgetting it opens nothing. */
export const RequiresScope = (scope: Scope): CustomDecorator => SetMetadata(REQUIRED_SCOPE, scope);

@Injectable()
export class ApiScopeGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (PUBLIC_CONTROLLERS.has(context.getClass())) return true;
    const required = this.reflector.getAllAndOverride<Scope | undefined>(REQUIRED_SCOPE, [
      context.getHandler(),
      context.getClass(),
    ]);
    const caller = callerOf(context.switchToHttp().getResponse<Response>());
    if (required === undefined || !caller?.scopes.has(required)) {
      throw new Problem('INSUFFICIENT_SCOPE', `This needs a key with the scope "${required ?? 'none'}".`);
    }
    return true;
  }
}
