// Where a filter's packets go on, and the two programs around filters: deliver, which ends their way to an endpoint, and again, by which
// the copies of a flood come to them.
//
//     endpoint → entry → filter (egress) → … → element            element → filter (ingress) → … → deliver → endpoint
//
// The element that the filters stand around names the port in the packet's record; only it knows what that port is joined to.

import { joint } from './joint.ts';

/** The joints next and reply of filters. Maps: programs. Constants: pass-slot. */
const passText = `
  mov %r6, %r1
  lddw %r2, map(programs)
  mov %r3, const(pass-slot)        # constant: the tail call is a plain jump
  call tail_call
  mov %r1, %r6
  mov32 %r2, const(site:no-next-element)
  ja exit(drop)
`;

export const pass = joint({ name: 'pass', file: 'src/datapath/joints/pass.ts', line: 11, text: passText });

/** The body of deliver: the port is in the packet's record. */
const deliverText = `
  ldxh %r2, [%r1+48]
  ja exit(to)
`;

export const deliver = joint({ name: 'deliver', file: 'src/datapath/joints/pass.ts', line: 24, text: deliverText });

/**
 * At the server's loop device, where copies of a flood come in that must pass filters: a tail call cannot come back, and a copy cannot
 * be made into a program. The tunnel key of the record has the slot of the filter. Maps: programs, sites.
 */
const againText = `
  mov %r6, %r1
  ldxw %r3, [%r6+64]
  mov32 %r1, 0
  stxw [%r6+64], %r1
  mov %r1, %r6
  lddw %r2, map(programs)
  call tail_call
  mov %r1, %r6
  mov32 %r2, const(site:no-next-element)
  ja exit(drop)
`;

export const again = joint({ name: 'again', file: 'src/datapath/joints/pass.ts', line: 35, text: againText });
