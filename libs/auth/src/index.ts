export { type ParsedApiKey, parseApiKey } from './api-key-format';
export { SCOPES, type Scope } from './api-key.entity';
export { type ApiKeyListing, ApiKeysService, type NewApiKey, type Principal } from './api-keys.service';
export { AuthModule } from './auth.module';
export { FirstKey, NoApiKeyError } from './first-key';
export type { KeyRateLimit } from './rate-limit';
