import { Module } from '@nestjs/common';
import { ApiKeysRepository } from './api-keys.repository';
import { ApiKeysService } from './api-keys.service';
import { FirstKey } from './first-key';

@Module({
  providers: [ApiKeysRepository, ApiKeysService, FirstKey],
  exports: [ApiKeysService, FirstKey],
})
export class AuthModule {}
