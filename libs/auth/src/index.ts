export { type ApiKeyListing, type KeyRateLimit } from './api-key';
export { type ParsedApiKey, parseApiKey } from './api-key-format';
export { ApiKeysService, type NewApiKey, type Principal } from './api-keys.service';
export { AuthModule } from './auth.module';
export { ConsoleSessions, SESSION_SECONDS } from './console-sessions.service';
export { FirstKey, NoApiKeyError } from './first-key';
