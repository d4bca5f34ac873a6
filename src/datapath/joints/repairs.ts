// The effects that are the same whoever links: functions without maps, about what the kernel keeps beside a packet's bytes.

import type { Effect } from '../../image/image.ts';
import type { Piece } from '../link/piece.ts';
import { family } from './family.ts';
import { finish } from './finish.ts';
import { instantiate } from './joint.ts';

const NOTHING = { maps: {}, constants: {} };

export const REPAIRS: ReadonlyMap<Exclude<Effect, 'mirror'>, Piece> = new Map([
  ['family', instantiate(family, NOTHING)],
  ['finish', instantiate(finish, NOTHING)],
]);
