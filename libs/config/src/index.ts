export { compiledEntry } from './compiled-entry';
export {
  describeClientSettings,
  isApiKeyText,
  loadClientSettings,
  serverAddress,
  type ClientSettings,
} from './client-settings';
export { Config, InvalidSettingsError, loadConfig } from './config';
export { ConfigModule } from './config.module';
export { keepNativeLibrariesQuiet } from './native-libraries';
export type { TrustedProxies } from './network-settings';
export { describeSettings, type SettingDescription, type Settings } from './settings';
