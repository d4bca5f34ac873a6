// mirror: a copy of the packet goes out and the program goes on. Who makes the copy is the linker's business (image/abi.ts).

import type { ExprOf } from '../2-check/tree.ts';
import { evaluateScalar } from './expressions.ts';
import { tellFamily } from './family.ts';
import { NO_PACKET } from './path.ts';
import type { State } from './state.ts';
import { makeUpdates } from './updates.ts';

/** The kernel gives the packet bytes of its own again behind a copy: pointers into it are loaded anew, what was read stays true. */
export function lowerMirror(s: State, e: ExprOf<'mirror'>): void {
  const port = evaluateScalar(s, e.port);
  s.at(e);
  makeUpdates(s, e.at);
  tellFamily(s, e.at);
  s.b.effect('mirror', [s.b.ctx, port]);
  s.packet = NO_PACKET;
}
