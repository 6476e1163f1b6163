export { compiledEntry, INSTALLED_AT } from './compiled-entry';
export {
  describeClientSettings,
  isApiKeyText,
  loadClientSettings,
  serverAddress,
  type ClientSettings,
} from './client-settings';
export { Config, InvalidSettingsError, keepNativeLibrariesQuiet, loadConfig } from './config';
export { ConfigModule } from './config.module';
export type { TrustedProxies } from './network-settings';
export { describeSettings, type SettingDescription } from './describe-settings';
export type { Settings } from './settings';
