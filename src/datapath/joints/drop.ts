// The joint drop: counts the packet at its site, per CPU, and ends it. Punts that nobody reads end here, too (punt.ts).
// It keeps no packet and tells nobody; readers of the counters do.

import { joint } from './joint.ts';

/** Maps: sites. r2 = index of the site. */
const text = `
  stxw [%r10-4], %r2
  lddw %r1, map(sites)
  mov %r2, %r10
  add %r2, -4
  call map_lookup_elem
  jeq %r0, 0, end
  # Per CPU, and no tc program interrupts another: no atomic is needed.
  ldxdw %r1, [%r0]
  add %r1, 1
  stxdw [%r0], %r1
end:
  mov %r0, 2                       # TC_ACT_SHOT
  exit
`;

export const drop = joint({ name: 'drop', file: 'src/datapath/joints/drop.ts', line: 7, text });
