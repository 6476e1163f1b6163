import { Module } from '@nestjs/common';
import { ApiKeysRepository } from './api-keys.repository';
import { ApiKeysService } from './api-keys.service';
import { ConsoleSessionsRepository } from './console-sessions.repository';
import { ConsoleSessions } from './console-sessions.service';
import { FirstKey } from './first-key';

@Module({
  providers: [ApiKeysRepository, ApiKeysService, ConsoleSessionsRepository, ConsoleSessions, FirstKey],
  exports: [ApiKeysService, ConsoleSessions, FirstKey],
})
export class AuthModule {}
