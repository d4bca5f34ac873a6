// What the composition (elements, wires, tables, endpoints) asks of an engine. Two implement it: src/datapath/kernel and src/datapath/vm.
// Names here are pins: they outlive the process, and the engine knows nothing of what they mean. Refusals are DatapathError.

import type { MapKind } from '../../image/image.ts';
import type { LiveMap } from '../../image/live-map.ts';
import type { EndpointSpec, EngineName, TunnelSpec } from '../datapath.ts';
import type { Linked } from '../link/link.ts';
import type { MapHandle } from '../link/piece.ts';

/** A map under a name, open. `handle` is what code calls it. */
export interface PinnedMap {
  readonly handle: MapHandle;
  readonly live: LiveMap;
}

export interface MapShape {
  /** `programs`: a prog array. */
  readonly kind: MapKind | 'programs';
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** Entries; of a ring, bytes. */
  readonly capacity: number;
  /** Of a map of maps: what each of them is. */
  readonly inner?: InnerShape;
}
export type InnerShape = MapShape & { readonly kind: MapKind };

export interface Engine {
  readonly name: EngineName;
  /** Jiffies a second. */
  readonly hz: number;
  /** The clock that programs read (bpf_jiffies64). */
  jiffies(): bigint;
  readonly records: Records;
  readonly devices: Devices;
  /** Names of records that meant nothing any more when it was opened, for what they were about is gone. */
  readonly lost: readonly string[];
  /** Names that others took away from what is open here are given again, so that it outlives the process as before. True: there were some. */
  mend(): boolean;
  /** All names in use. */
  pins(): { readonly maps: readonly string[]; readonly programs: readonly string[] };
  /** Open until `removeMap` or `close`, under the same handle. Its `live.close` is the engine's to call. */
  openMap(name: string): PinnedMap | undefined;
  createMap(name: string, shape: MapShape): PinnedMap;
  /** A map without a name, for a place in a map of maps; the caller closes it. */
  makeInner(shape: InnerShape): LiveMap;
  /** No one writes it any more, and loaders may take its values for constants. */
  freezeMap(map: PinnedMap): void;
  removeMap(name: string): void;
  /** Takes the records that wait in a ring, oldest first. */
  drain(ring: PinnedMap): readonly Uint8Array[];
  /** Loads it and keeps it under the name; another of that name goes. */
  loadProgram(name: string, linked: Linked): void;
  removeProgram(name: string): void;
  setSlot(programs: PinnedMap, slot: number, program: string): void;
  clearSlot(programs: PinnedMap, slot: number): void;
  slotHolds(programs: PinnedMap, slot: number, program: string): boolean;
  close(): void;
  destroy(): void;
}

/** Small facts that outlive the process but not the machine's boot, as pins do. Values are plain data, bytes and bigints allowed. */
export interface Records {
  /** Names with this prefix, which ends with the first `_`. */
  list(prefix: string): readonly string[];
  get(name: string): unknown;
  put(name: string, value: unknown): void;
  delete(name: string): void;
}

/** `peer`: in another namespace. `device`: in the server's own. */
export interface EndpointDevice {
  readonly ifindex: number;
  readonly delivery: 'peer' | 'device';
}

export interface ExistingDevice {
  readonly ifindex: number;
  readonly mac: string;
  readonly mtu: number;
  /** The machine's own on it, without prefix lengths. */
  readonly addresses: readonly string[];
}

export interface Underlay { readonly ifindex: number; readonly mtu: number }

/** The device by which packets leave for this process, and come back. It is gone with the process. */
export interface PuntDevice {
  readonly ifindex: number;
  /** Comes in at the device; false: no room. */
  send(frame: Uint8Array): boolean;
  close(): void;
}

export interface Devices {
  /** Uids with a device or an attachment, alive or not. */
  endpoints(): readonly string[];
  /** Undefined where the device, its other end or its attachment is gone. */
  endpoint(uid: string): EndpointDevice | undefined;
  /** As it was made, without a look at whether it still stands. */
  made(uid: string): EndpointDevice | undefined;
  /** Makes the pair, and lets no packet in before the program is attached. */
  makeEndpoint(spec: EndpointSpec, program: string): EndpointDevice;
  /** Attaches the program to a device that was made as the spec says and stands without one. False: it does not stand. */
  reopenEndpoint(spec: EndpointSpec, program: string): boolean;
  /** Another entry program; no packet passes without one. */
  switchEndpoint(uid: string, program: string): void;
  /** The workload's default routes: those of the spec, and no more those of `before`. */
  changeGateways(spec: EndpointSpec, before: readonly string[]): void;
  /** Also what is left of a dead one. */
  removeEndpoint(uid: string): void;
  tunnel(): { readonly ifindex: number; readonly udpPort: number } | undefined;
  makeTunnel(spec: TunnelSpec, program: string): { readonly ifindex: number };
  removeTunnel(): void;
  /** One that the machine has anyway, as it is now. */
  existing(name: string): ExistingDevice | undefined;
  /** Names of those with a program of ours first in line at their ingress. */
  doors(): readonly string[];
  /** Ifindex of the device, where the program is attached. */
  door(name: string): number | undefined;
  /** `hearsAll`: also frames that are for others (promiscuous), until the door goes. */
  makeDoor(name: string, program: string, options?: { readonly hearsAll?: true }): void;
  removeDoor(name: string): void;
  /** Out of a device that the machine has anyway, as far as it can be sent now. */
  send(name: string, frame: Uint8Array): void;
  /** The device that has this address of the server, if programs can send through it what they encapsulate. */
  underlay(local: string): Underlay | undefined;
  /** Whether that is the way to the other server too. */
  leadsTo(underlay: Underlay, remote: string): boolean;
  /** Ifindex of the underlay's device that has the program at its ingress. */
  joined(): number | undefined;
  /** The program is the first at that device's ingress, and no more at another's. */
  switchUnderlay(underlay: Underlay | undefined, program: string): void;
  /** Its ifindex. */
  loop(): number | undefined;
  /** A device of which nothing but the program at its ingress is ever used: what is sent there comes in. */
  makeLoop(program: string): number;
  /** A new device; what is sent there is heard, a frame at a time, and what comes in there is the program's. */
  makePunt(program: string, hear: (frame: Uint8Array) => void): PuntDevice;
  /** Frames that it could not keep until they were heard, since it was made. */
  puntsLost(): number;
}
