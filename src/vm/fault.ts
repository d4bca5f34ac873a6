// What ends a run early: the program did what the kernel's verifier would have kept it from. A value for callers; inside, something thrown.

import type { SourcePlace } from '../image/source-lines.ts';

export interface Fault {
  /** `trap`: WebAssembly's own, where accesses are not checked by region. */
  readonly kind: 'access' | 'fuel' | 'call' | 'trap';
  /** Slot of the instruction or helper call, if it is known. */
  readonly slot?: number;
  /** Its line, where the program was loaded with a line table. */
  readonly place?: SourcePlace;
  readonly reason: string;
}

/** `read of 4 bytes … (bridge.ts:12:5, slot 7)`. */
export function faultText({ reason, place, slot }: Fault): string {
  const where = [place && `${place.file}:${place.line}:${place.column}`, slot !== undefined && `slot ${slot}`].filter(Boolean).join(', ');
  return where === '' ? reason : `${reason} (${where})`;
}

/** Thrown out of generated code and helper functions; `run` makes a Fault of it. Without a slot: that of the last helper call. */
export class ProgramFault extends Error {
  readonly kind: Fault['kind'];
  readonly slot: number | undefined;
  constructor(kind: Fault['kind'], reason: string, slot?: number) {
    super(reason);
    this.kind = kind;
    this.slot = slot;
  }
}

export function badAccess(address: number | bigint, length: number, access: 'read' | 'write', slot?: number): ProgramFault {
  return new ProgramFault('access', `${access} of ${length} bytes at 0x${address.toString(16)}, which is in no region`, slot);
}
