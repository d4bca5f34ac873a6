// What is remembered of an element beside its pins: enough to tell what stands, to change it, and to take it down.

import { unhex } from '../../image/hex.ts';
import type { Around, Wire } from '../datapath.ts';
import type { Records } from './engine.ts';
import { JOINTS_HASH, type NamedSite, type Server } from './server.ts';
import type { Written } from './written.ts';

/** A map of the element's own. `layout`: of another layout, it is not the same map. */
export interface OwnMap { readonly pin: string; readonly layout: string }

/**
 * - `entry`: by which the element is entered; of a filter, on the way from the endpoint.
 * - `ingress`: of a filter, on the way to the endpoint.
 * - `flood`: copies, in modules that flood.
 * - `deliver`: ends the way to an endpoint, of elements that filters stand around; and sends what the visor answers for modules that punt.
 */
export type Role = 'entry' | 'ingress' | 'flood' | 'deliver' | 'too-big';

/** `hash`: its identity, of image, id, shape, maps, joints and neighbours. */
export interface OwnProgram { readonly pin: string; readonly slot: number; readonly hash: string; readonly stages?: OwnStages }

/** Pins of the programs of the image's stages, by slot, and of the table that holds them. They are joined for one program, and go with it. */
export interface OwnStages { readonly table: string; readonly programs: readonly string[] }

/** A form of the element before the change that is under way. Its maps go when what is in them has gone over. */
export type Prior = Pick<ElementRecord, 'id' | 'imageHash' | 'maps' | 'written'> & {
  /** Its programs were never switched to: what is in its maps are old copies. */
  readonly stale?: true;
};

export interface ElementRecord {
  readonly uid: string;
  readonly id: number;
  readonly imageHash: string;
  /** Empty while a change is under way: what stands is then neither the old nor the new. */
  readonly specHash: string;
  readonly jointsHash: string;
  /** Number in the names of the next pins. */
  readonly next: number;
  readonly programs: Readonly<Partial<Record<Role, OwnProgram>>>;
  /** By name: `sites`; of modules `wires`, `counts`, `floods`; `m-NAME` of the module. */
  readonly maps: Readonly<Record<string, OwnMap>>;
  /** Ports that the maps have room for. */
  readonly room: number;
  readonly sites: readonly NamedSite[];
  readonly wires: readonly Wire[];
  readonly filter?: string;
  readonly around?: Around;
  /** By map of the image: what control wrote. */
  readonly written: Readonly<Record<string, Written>>;
  /** By map of maps: what control put at each key, as a hash of its entries. Not there: what is at that key may be anything. */
  readonly inner?: InnerHashes;
  /** The newest first; a crash leaves more than one. */
  readonly prior?: readonly Prior[];
  /** Keys in the table of tunnel peers, hexadecimal. */
  readonly peers: readonly string[];
  /** Keys in the table of claims, hexadecimal. */
  readonly claims?: readonly string[];
}

export type InnerHashes = Readonly<Record<string, Readonly<Record<string, string>>>>;

const PREFIX = 'element_';

export function elementRecord(records: Records, uid: string): ElementRecord | undefined {
  return records.get(PREFIX + uid) as ElementRecord | undefined;
}

export function elementRecords(records: Records): ElementRecord[] {
  return [...records.list(PREFIX)].sort().map(name => records.get(name) as ElementRecord);
}

/** Whose record has this name. */
export function elementOfRecord(name: string): string[] {
  return name.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : [];
}

export function putElementRecord(records: Records, record: ElementRecord): void {
  records.put(PREFIX + record.uid, record);
}

export function deleteElementRecord(records: Records, uid: string): void {
  records.delete(PREFIX + uid);
}

/** The spec that it was made from, if all of it still stands; else empty, so that it is put again. */
export function standingHash(server: Server, record: ElementRecord): string {
  if (record.jointsHash !== JOINTS_HASH || record.specHash === '') return '';
  if (record.around && server.engine.devices.loop() === undefined) return '';
  if (record.wires.some(w => (w.to === 'device' || w.to === 'trunk') && server.engine.devices.door(w.device) === undefined)) return '';
  const whole = mapPinsOf(record).every(pin => server.existing(pin) !== undefined)
    && programsOf(record).every(({ slot, pin, stages }) => server.engine.slotHolds(server.programs, slot, pin) && (!stages || stagesStand(server, stages)));
  return whole ? record.specHash : '';
}

export function programsOf(record: ElementRecord): OwnProgram[] {
  return Object.values(record.programs);
}

function stagesStand(server: Server, { table: pin, programs }: OwnStages): boolean {
  const table = server.existing(pin);
  return table !== undefined && programs.every((program, slot) => server.engine.slotHolds(table, slot, program));
}

export function programPinsOf(record: ElementRecord): string[] {
  return programsOf(record).flatMap(({ pin, stages }) => [pin, ...stages?.programs ?? []]);
}

export function mapPinsOf(record: ElementRecord): string[] {
  return [...Object.values(record.maps).map(map => map.pin), ...programsOf(record).flatMap(({ stages }) => stages ? [stages.table] : [])];
}

/** Pins of maps of earlier forms, of which some may be maps of this one. */
export function priorPinsOf(record: ElementRecord): string[] {
  return (record.prior ?? []).flatMap(prior => Object.values(prior.maps).map(map => map.pin));
}

/** A key as records have it: what is not hexadecimal there is our bug. */
export function bytesOf(text: string): Uint8Array {
  const bytes = unhex(text);
  if (!bytes) throw new Error(`'${text}' is no key of a record`);
  return bytes;
}
