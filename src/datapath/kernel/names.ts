// Names that the kernel keeps for us, of devices and pins: of what they stand for there is no room in them.

import { createHash } from 'node:crypto';

/** Of 10 hexadecimal digits: device names have at most 15 bytes. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 10);
}
