// Takes entries of expiring maps away that have been dead for a while. To packets they are misses already; here they give room back.

import type { Image, MapDecl } from '../../image/image.ts';
import { ownValue } from '../../image/hidden.ts';
import type { LiveMap } from '../../image/live-map.ts';
import { STAYS } from '../../image/abi.ts';
import { elementRecords } from './element-record.ts';
import { ownMap } from './element-maps.ts';
import { sharedMaps } from './image-maps.ts';
import { ownName, type Server } from './server.ts';

/** A packet may bring a dead entry to life between our look and our delete: one that has just died is left alone. */
const GRACE_SECONDS = 10;

export function sweepExpired(server: Server): void {
  const { engine } = server;
  const images = server.images();
  const expiring = (image: Image | undefined): MapDecl[] => image?.maps.filter(decl => decl.kind === 'expiring') ?? [];
  if (![...images.values()].some(image => expiring(image).length > 0)) return;
  const now = engine.jiffies();
  for (const image of images.values()) for (const { map, decl } of sharedMaps(server, image)) if (decl.kind === 'expiring') sweepMap(map.live, decl, now, engine.hz);
  for (const record of elementRecords(engine.records)) for (const decl of expiring(images.get(record.imageHash))) {
    const map = decl.scope === 'element' ? ownMap(server, record, ownName(decl)) : undefined;
    if (map) sweepMap(map.live, decl, now, engine.hz);
  }
}

export function sweepMap(live: LiveMap, decl: MapDecl, now: bigint, hz: number): void {
  const dead = now - BigInt(GRACE_SECONDS * hz);
  for (const [key, value] of [...live.entries()]) {
    const { expires = STAYS } = ownValue(decl, value);
    if (expires !== STAYS && expires < dead) live.delete(key);
  }
}
