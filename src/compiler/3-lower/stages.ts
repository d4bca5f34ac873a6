// Stages: what a jump leaves for the program behind it, and how that takes it up. Between them lies one value for each CPU: no other packet
// comes between a jump and the first instructions behind it, where all of the state is read.
//
//     jump    scratch ← state; tail call; if that returns: drop 'stage-not-reached'
//     stage   scratch → SSA values; the stage's own code

import type { ExprOf, Place, StageSymbol } from '../2-check/tree.ts';
import type { Value } from '../ir/ir.ts';
import { evaluate } from './expressions.ts';
import { HELPER } from './kernel-functions.ts';
import { storeValue } from './memory.ts';
import { tellFamily } from './family.ts';
import type { State } from './state.ts';
import { copied } from './structs.ts';
import { makeUpdates } from './updates.ts';
import { UNDEFINED } from './value.ts';

const NOT_REACHED = 'stage-not-reached';

export function lowerJump(s: State, e: ExprOf<'jump'>): void {
  const state = e.state && evaluate(s, e.state);
  if (!s.live) return;
  s.at(e);
  makeUpdates(s, e.at);
  tellFamily(s, e.at);
  if (state && e.symbol.state) storeValue(s, scratch(s, e.at), 0, e.symbol.state, state, e.at);
  if (!s.live) return;
  // A kernel forgets packet pointers here, as if the packet had moved.
  s.b.call(HELPER.tail_call, [s.b.ctx, s.b.map(s.maps.stages), s.b.i64(s.module.stages.indexOf(e.symbol))], { movesPacket: true });
  s.drop(NOT_REACHED, e.at);
}

/** Binds the parameters of a stage. */
export function enterStage(s: State, { function: { params: [packet, handed] }, state, function: { at } }: StageSymbol): void {
  if (packet) s.values.set(packet, { kind: 'packet' });
  if (!handed || !state) return;
  const pointer = scratch(s, at);
  s.values.set(handed, s.live ? copied(s, { kind: 'ref', pointer, offset: 0, map: undefined }, state, at) : UNDEFINED);
}

/** Where the state lies. It is always there, which the kernel wants to see. */
function scratch(s: State, at: Place): Value {
  const key = s.b.slot(4, 4);
  s.b.store(key, 0, 4, s.b.i32(0));
  const pointer = s.b.lookup(HELPER.map_lookup_elem, [s.b.map(s.maps.scratch), key]);
  const there = s.branch('ne', pointer, s.b.i64(0));
  for (const path of there.no) { s.resume(path); s.drop(NOT_REACHED, at); }
  s.join(there.yes, at);
  return pointer;
}
