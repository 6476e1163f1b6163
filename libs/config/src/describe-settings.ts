import { z } from 'zod';
import { settingsSchema } from './settings';

/** What the pages of documentation and the boot messages need to know of one setting. */
export interface SettingDescription {
  readonly name: string;
  readonly defaultValue: string | undefined;
  readonly allowed: string;
  readonly reason: string;
  readonly secret: boolean;
}

/** All settings in the order of the schema. */
export function describeSettings(): readonly SettingDescription[] {
  return Object.entries(settingsSchema.shape).map(([name, field]) => {
    const meta = field.meta() ?? {};
    const json = z.toJSONSchema(field, { io: 'output', unrepresentable: 'any' });
    return {
      name,
      defaultValue: json.default === undefined ? undefined : JSON.stringify(json.default).replaceAll('"', ''),
      allowed: allowedValues(json),
      reason: typeof meta['reason'] === 'string' ? meta['reason'] : '',
      secret: meta['secret'] === true,
    };
  });
}

function allowedValues(json: z.core.JSONSchema.BaseSchema): string {
  if (json.enum !== undefined) return json.enum.map(String).join(' | ');
  if (json.type === 'integer') return `integer, ${json.minimum} to ${json.maximum}`;
  return 'text';
}
