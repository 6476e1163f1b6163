import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { Scope } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { generateApiKey, parseApiKey } from './api-key-format';
import { ApiKeysService, type Principal } from './api-keys.service';

/** The boot cannot go on without a key; the message says how to make one. */
export class NoApiKeyError extends Error {
  override readonly name = 'NoApiKeyError';
}

/**
 * Sees to it that somebody can get in. In production a key is a deliberate act; anywhere else the first start makes
 * one with all scopes and keeps it in `DATA_DIR/api-key`, readable by its owner alone.
 */
@Injectable()
export class FirstKey {
  private readonly logger = new Logger(FirstKey.name);

  constructor(
    private readonly config: Config,
    private readonly apiKeys: ApiKeysService,
  ) {}

  /**
   * @returns the key to show, when this start made it
   * @throws NoApiKeyError in production when there is no usable key
   */
  async ensure(): Promise<string | undefined> {
    if (await this.apiKeys.anyUsable()) {
      // After a restore the keys are those of the backup, and the folder's own opens nothing.
      return (await this.isUnknownHere()) ? this.make() : undefined;
    }
    const bootstrap = this.config.BOOTSTRAP_API_KEY;
    if (bootstrap !== undefined) {
      const { id } = await this.apiKeys.adopt(bootstrap, {
        name: 'bootstrap',
        scopes: Scope.options,
        // On one's own machine the first key has no limit, so that filling it with documents is not throttled.
        rateLimitPerMinute: this.config.embedded ? 'none' : null,
      });
      if (!(await this.apiKeys.anyUsable())) {
        throw new NoApiKeyError(
          `There is no usable API key: the one in BOOTSTRAP_API_KEY (${id}) was revoked or has expired. Set another one.`,
        );
      }
      this.logger.log({ keyId: id }, 'took over BOOTSTRAP_API_KEY as the first key');
      return undefined;
    }
    if (this.config.NODE_ENV === 'production') {
      throw new NoApiKeyError(
        'There is no usable API key, and in production none is made by itself. Make one with ' +
          '`npm run keys -- create --offline --name first --scopes read,write,admin` (same environment), ' +
          'or set BOOTSTRAP_API_KEY for one start.',
      );
    }
    return this.make();
  }

  private async make(): Promise<string> {
    const key = generateApiKey();
    const path = join(this.config.DATA_DIR, 'api-key');
    // The file first: a crash in between leaves a file that opens nothing, and the next start writes it again. The
    // other way round would leave a key that nobody knows.
    const file = await open(path, 'w', 0o600);
    try {
      await file.chmod(0o600);
      await file.writeFile(`${key}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    const { id } = await this.apiKeys.adopt(key, {
      name: 'first start',
      scopes: Scope.options,
      rateLimitPerMinute: 'none',
    });
    this.logger.log({ keyId: id, path }, 'made the first API key');
    return key;
  }

  /** Whose the key in `DATA_DIR/api-key` is. Nobody's where it was revoked, or is of another database. */
  async keptOwner(): Promise<Principal | undefined> {
    const kept = await this.kept();
    if (kept === undefined) return undefined;
    try {
      return await this.apiKeys.verify(parseApiKey(kept));
    } catch (error) {
      if (error instanceof Problem) return undefined;
      throw error;
    }
  }

  /** On a machine of one's own the data folder holds a key, unless the one in it was revoked on purpose. */
  private async isUnknownHere(): Promise<boolean> {
    const { embedded, NODE_ENV, BOOTSTRAP_API_KEY } = this.config;
    if (!embedded || NODE_ENV !== 'development' || BOOTSTRAP_API_KEY !== undefined) return false;
    const kept = await this.kept();
    const parsed = kept === undefined ? undefined : parseApiKey(kept);
    return parsed === undefined || !(await this.apiKeys.isKnown(parsed.id));
  }

  private async kept(): Promise<string | undefined> {
    try {
      return (await readFile(join(this.config.DATA_DIR, 'api-key'), 'utf8')).trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }
}
