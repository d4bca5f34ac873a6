// All helper functions that this engine has, by id. A program that calls another is refused when it is loaded.

import { helperNamed } from '../../isa/helper-functions.ts';
import { BYTE_HELPERS } from './bytes.ts';
import { CHECKSUM_HELPERS } from './checksum.ts';
import type { HelperDefinition } from './definition.ts';
import { DEVICE_HELPERS } from './device.ts';
import { EVENT_HELPERS } from './events.ts';
import { FIB_HELPERS } from './fib.ts';
import { HASH_HELPERS } from './hash.ts';
import { LOOP_HELPERS } from './loops.ts';
import { MAP_HELPERS } from './maps.ts';
import { REDIRECT_HELPERS } from './redirect.ts';
import { ROOM_HELPERS } from './room.ts';
import { STRING_HELPERS } from './strings.ts';
import { TIMER_HELPERS } from './timers.ts';
import { TUNNEL_HELPERS } from './tunnel.ts';
import { WORLD_HELPERS } from './world.ts';

/** Not in the table: it ends the caller, so the translator knows it. */
export const TAIL_CALL = 12;
/** In the table, but the translator may know better. */
export const MAP_LOOKUP = 1;

const ALL = [
  ...MAP_HELPERS, ...LOOP_HELPERS, ...EVENT_HELPERS, ...HASH_HELPERS, ...FIB_HELPERS, ...TIMER_HELPERS, ...STRING_HELPERS, ...WORLD_HELPERS, ...BYTE_HELPERS, ...CHECKSUM_HELPERS, ...ROOM_HELPERS, ...REDIRECT_HELPERS, ...TUNNEL_HELPERS, ...DEVICE_HELPERS,
];

export const HELPERS: ReadonlyMap<number, HelperDefinition> = new Map(ALL.map(definition => {
  const known = helperNamed(definition.name);
  if (known === undefined) throw new Error(`the kernel has no helper function ${definition.name}`);
  return [known.id, definition];
}));
