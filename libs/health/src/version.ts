import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INSTALLED_AT } from '@vectorlane/config';

const { version } = JSON.parse(readFileSync(join(INSTALLED_AT, 'package.json'), 'utf8')) as { version: string };

/** The program's version. */
export const VERSION = version;
