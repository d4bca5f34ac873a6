// The version of this package, read from package.json so that it stands in one place.

import { readFileSync } from 'node:fs';
import { packageRoot } from '../sys/package-root.ts';

export const VERSION: string = (JSON.parse(readFileSync(`${packageRoot}/package.json`, 'utf8')) as { version: string }).version;
