import { Body, Controller, Delete, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { ApiKeysService, ConsoleSessions, parseApiKey, type Principal, SESSION_SECONDS } from '@vectorlane/auth';
import { CollectionsRepository } from '@vectorlane/documents';
import type { Scope } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { VERSION } from '@vectorlane/health';
import { presentedSession, refuseForgery, SESSION_COOKIE } from '@vectorlane/http';
import type { CookieOptions, Request, Response } from 'express';
import { z } from 'zod';

const signInSchema = z.union([
  z.strictObject({ key: z.string().max(200) }),
  z.strictObject({ link: z.string().max(200) }),
]);

interface SessionBody {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Names of those it may see; null: all. */
  readonly collections: readonly string[] | null;
  readonly expiresAt: string;
  readonly version: string;
}

/** Signing in to the console: a key, or the link that a start has printed, is exchanged for a cookie. */
@ApiExcludeController()
@Controller('console/session')
export class ConsoleController {
  constructor(
    private readonly keys: ApiKeysService,
    private readonly sessions: ConsoleSessions,
    private readonly collections: CollectionsRepository,
  ) {}

  @Post()
  @HttpCode(201)
  async signIn(
    @Body({ schema: signInSchema }) shown: z.output<typeof signInSchema>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SessionBody> {
    // Or a page elsewhere could sign a person in as somebody else.
    refuseForgery(request);
    const principal =
      'key' in shown
        ? await this.keys.verify(parseApiKey(shown.key.trim()))
        : await this.sessions.redeemLink(shown.link);
    const { token, expiresAt } = await this.sessions.open(principal.keyId);
    response.cookie(SESSION_COOKIE, token, { ...attributes(request), maxAge: SESSION_SECONDS * 1_000 });
    return this.bodyOf(principal, expiresAt);
  }

  /** 204: nobody is signed in, which is no refusal. */
  @Get()
  async show(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SessionBody | undefined> {
    const token = presentedSession(request);
    const session = token === undefined ? undefined : await this.verified(token);
    if (session !== undefined) return this.bodyOf(session, session.expiresAt);
    response.status(204);
    return undefined;
  }

  @Delete()
  @HttpCode(204)
  async signOut(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<void> {
    refuseForgery(request);
    const token = presentedSession(request);
    if (token !== undefined) await this.sessions.close(token);
    response.clearCookie(SESSION_COOKIE, attributes(request));
  }

  private async verified(token: string): Promise<(Principal & { readonly expiresAt: Date }) | undefined> {
    try {
      return await this.sessions.verify(token);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return undefined;
      throw error;
    }
  }

  private async bodyOf({ keyId, name, scopes, collections }: Principal, expiresAt: Date): Promise<SessionBody> {
    const names = await this.collections.namesOf(collections ?? []);
    return {
      keyId,
      name,
      scopes: [...scopes],
      collections: collections?.flatMap((collection) => names.get(collection) ?? []) ?? null,
      expiresAt: expiresAt.toISOString(),
      version: VERSION,
    };
  }
}

function attributes(request: Request): CookieOptions {
  return { httpOnly: true, sameSite: 'strict', secure: request.secure, path: '/' };
}
