export { SCOPES, type Scope } from './api-key.entity';
export { type ApiKeyListing, ApiKeysService, type Principal } from './api-keys.service';
export { AuthModule } from './auth.module';
export { FirstKey, NoApiKeyError } from './first-key';
