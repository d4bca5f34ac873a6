// What ends a run early: the program did what the kernel's verifier would have kept it from. A value for callers; inside, something thrown.

export interface Fault {
  readonly kind: 'access' | 'fuel' | 'trap';
  /** Slot of the instruction or helper call, if it is known; the line is the caller's to find. */
  readonly slot?: number;
  readonly reason: string;
}

/** Thrown out of generated code and helper functions; `run` makes a Fault of it. */
export class AccessFault extends Error {
  readonly slot: number | undefined;
  constructor(address: number | bigint, length: number, access: 'read' | 'write', slot?: number) {
    super(`${access} of ${length} bytes at 0x${address.toString(16)}, which is in no region`);
    this.slot = slot;
  }
}

export class OutOfFuel extends Error {
  readonly slot: number;
  constructor(slot: number) {
    super('the loop went round too often');
    this.slot = slot;
  }
}
