// Takes entries of expiring maps away that have been dead for a while. To packets they are misses already; here they give room back.

import type { Image } from '../../image/image.ts';
import { ownValue } from '../../image/hidden.ts';
import { STAYS } from '../../image/abi.ts';
import { sharedMaps } from './image-maps.ts';
import { imageRecord, type Server } from './server.ts';

/** A packet may bring a dead entry to life between our look and our delete: one that has just died is left alone. */
const GRACE_SECONDS = 10n;

export function sweepExpired(server: Server): void {
  const { engine } = server;
  const images = engine.records.list().filter(name => name.startsWith(imageRecord(''))).map(name => engine.records.get(name) as Image);
  if (!images.some(image => image.maps.some(decl => decl.kind === 'expiring'))) return;
  const dead = engine.jiffies() - GRACE_SECONDS * BigInt(engine.hz);
  for (const { map, decl } of images.flatMap(image => sharedMaps(server, image))) {
    if (decl.kind !== 'expiring') continue;
    for (const [key, value] of [...map.live.entries()]) {
      const { expires = STAYS } = ownValue(decl, value);
      if (expires !== STAYS && expires < dead) map.live.delete(key);
    }
  }
}
