// Verdicts end the program where they are evaluated: the checker lets nothing come between one and its return.

import type { ExprOf } from '../2-check/tree.ts';
import { evaluateScalar } from './expressions.ts';
import { tellFamily } from './family.ts';
import type { State } from './state.ts';
import { makeUpdates } from './updates.ts';

export function lowerVerdict(s: State, e: ExprOf<'to' | 'flood' | 'reply' | 'next' | 'drop' | 'punt'>): void {
  if (e.kind === 'to') {
    const port = evaluateScalar(s, e.port);
    s.at(e);
    makeUpdates(s, e.at);
    tellFamily(s, e.at);
    s.b.exit('to', port);
  } else {
    // Nobody sees a packet that is dropped.
    if (e.kind !== 'drop') { makeUpdates(s, e.at); tellFamily(s, e.at); }
    if (e.kind === 'drop' || e.kind === 'punt') s.b.exit(e.kind, s.site(e.kind, e.reason, e.at));
    else s.b.exit(e.kind);
  }
  s.die();
}
