// What packet cases ask of an engine: one element of a module, alone, with joints that return the verdict instead of moving the packet.
// Two implement it: vm-engine.ts and kernel-engine.ts.

import type { MapDecl, Program } from '../image/image.ts';
import type { LiveMap } from '../image/live-map.ts';
import type { MapHandle } from '../datapath/link/piece.ts';
import type { Linked } from '../datapath/link/link.ts';

export interface CaseMap {
  readonly handle: MapHandle;
  readonly live: LiveMap;
}

export interface CaseRun {
  /** What the program returned, unsigned. */
  readonly result: number;
  readonly frame: Uint8Array;
}

export interface CaseEngine {
  readonly hz: number;
  createMap(decl: MapDecl): CaseMap;
  /** No one writes it any more, and loaders may take its values for constants. */
  freeze(map: CaseMap): void;
  /** Takes the records that wait in a ring. */
  drain(ring: CaseMap): Uint8Array[];
  /** Throws what the engine says if it refuses the program. */
  load(program: Program, linked: Linked): LoadedCase;
  /** The clock goes on. `expiring`: the maps whose entries age, for an engine whose clock cannot be moved. */
  wait(seconds: number, expiring: readonly CaseMap[]): void;
  close(): void;
}

export interface LoadedCase {
  /** What a map of stages takes as its value. */
  readonly reference: number;
  /** `cb`: the packet's record (image/abi.ts), 5 words. */
  run(frame: Uint8Array, cb: readonly number[]): CaseRun;
}
