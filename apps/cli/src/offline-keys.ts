import { Scope } from '@vectorlane/domain';
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ApiKeysService, AuthModule, type KeyRateLimit } from '@vectorlane/auth';
import { ConfigModule, loadConfig } from '@vectorlane/config';
import { DatabaseModule } from '@vectorlane/database';
import { HealthModule } from '@vectorlane/health';
import { ShutdownModule } from '@vectorlane/shutdown';

const USAGE = `Usage: npm run keys -- create --offline --name NAME --scopes read,write,admin [--rate-limit N|none]
Makes a key directly in the database (DATABASE_URL, or DATA_DIR of a service that is not running).`;

/**
 * Makes a key without a running service: in production the first one, since none is made by itself there. It opens the
 * database as the service would; an embedded one that is in use is refused by its lock.
 * @returns the exit code
 */
export async function runOfflineKeys(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: {
      offline: { type: 'boolean' },
      name: { type: 'string' },
      scopes: { type: 'string', default: Scope.options.join(',') },
      'rate-limit': { type: 'string' },
    },
    allowPositionals: true,
  });
  const scopes = values.scopes.split(',').map((scope) => scope.trim());
  const rateLimitPerMinute = rateLimitFrom(values['rate-limit']);
  const { name } = values;
  if (positionals[0] !== 'create' || name === undefined || !scopes.every(isScope) || rateLimitPerMinute === undefined) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  @Module({
    imports: [ConfigModule.forRoot(loadConfig()), ShutdownModule, HealthModule, DatabaseModule, AuthModule],
  })
  class OfflineModule {}
  const context = await NestFactory.createApplicationContext(OfflineModule, {
    logger: false,
    abortOnError: false,
  });
  try {
    const { key, apiKey } = await context.get(ApiKeysService).create({ name, scopes, rateLimitPerMinute });
    process.stdout.write(`${key}\n`);
    process.stderr.write(`Key ${apiKey.id} ("${apiKey.name}", ${apiKey.scopes.join(', ')}). It is shown this once.\n`);
    return 0;
  } finally {
    await context.close();
  }
}

/** @returns nothing when the text is no limit */
function rateLimitFrom(text: string | undefined): KeyRateLimit | undefined {
  if (text === undefined) return null;
  if (text === 'none') return text;
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

function isScope(value: string): value is Scope {
  return (Scope.options as readonly string[]).includes(value);
}
