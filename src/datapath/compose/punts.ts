// Punts of one server, read: packets from the TAP to who asked for them, and what he sends back into elements. What a frame looks like there is
// drawn in joints/punt.ts. It knows no module and answers nothing.

import { u32Bytes } from '../../image/live-map.ts';
import { DatapathError, type DropCount, type Punted, type PuntReader, type Reentering } from '../datapath.ts';
import { PUNT_BYTES, REENTRY_MARK, reenter } from '../joints/punt.ts';
import { ownMap } from './element-maps.ts';
import { elementRecord, elementRecords, type ElementRecord } from './element-record.ts';
import { systemProgram } from './endpoint.ts';
import type { PuntDevice } from './engine.ts';
import type { Server } from './server.ts';

export const REENTER_PROGRAM = 'reenter';

export class Punts {
  readonly #server: Server;
  #device: PuntDevice | undefined;
  /** By id; made anew when an element changed. */
  #elements: ReadonlyMap<number, ElementRecord> | undefined;

  constructor(server: Server) {
    this.#server = server;
  }

  /** An element was put or removed. */
  forget(): void {
    this.#elements = undefined;
  }

  read(hear: (punted: Punted) => void): PuntReader {
    if (this.#device) throw new DatapathError('punts are read already', { cure: 'close the other reader first' });
    const server = this.#server;
    const maps = { programs: server.programs.handle, sites: server.sites.handle };
    server.engine.loadProgram(REENTER_PROGRAM, systemProgram(reenter, { maps, constants: server.systemConstants() }));
    const device = server.engine.devices.makePunt(REENTER_PROGRAM, frame => {
      const punted = this.#punted(frame);
      if (punted) hear(punted);
    });
    this.#device = device;
    server.tap.live.update(u32Bytes(0), u32Bytes(device.ifindex));
    return { send: packet => this.#device === device && this.#send(device, packet), close: () => { if (this.#device === device) this.close(); } };
  }

  close(): void {
    if (!this.#device) return;
    this.#server.tap.live.update(u32Bytes(0), u32Bytes(0));
    this.#device.close();
    this.#device = undefined;
  }

  /** Of an element that is gone by now: nobody could answer. */
  #punted(bytes: Uint8Array): Punted | undefined {
    if (bytes.length < PUNT_BYTES) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, PUNT_BYTES);
    const u32 = (at: number): number => view.getUint32(at, true);
    this.#elements ??= new Map(elementRecords(this.#server.engine.records).map(e => [e.id, e]));
    const element = this.#elements.get(u32(0));
    const site = element?.sites[u32(24)];
    if (!element || !site) return undefined;
    const entry = u32(4);
    return {
      element: element.uid, port: entry & 0xffff, reason: site.reason,
      record: { entry, domain: u32(8), endpoint: u32(12), group: u32(16), tunnelKey: u32(20) }, frame: bytes.subarray(PUNT_BYTES),
    };
  }

  #send(device: PuntDevice, { element: uid, port, way, record, frame }: Reentering): boolean {
    const element = elementRecord(this.#server.engine.records, uid);
    const slot = element && this.#slotOf(element, port, way);
    if (slot === undefined) return false;
    const bytes = new Uint8Array(frame.length + PUNT_BYTES);
    bytes.set(frame);
    const view = new DataView(bytes.buffer, frame.length);
    const words = [slot, ((record.entry & ~0xffff) | port) >>> 0, record.domain, record.endpoint, record.group, record.tunnelKey, 0, REENTRY_MARK];
    for (const [i, word] of words.entries()) view.setUint32(4 * i, word, true);
    return device.send(bytes);
  }

  /** Of the program that it enters. Towards an endpoint stand filters, towards all else none. */
  #slotOf({ programs, filter, wires }: ElementRecord, port: number, way: 'from' | 'to'): number | undefined {
    if (way === 'from') return programs.entry?.slot;
    if (programs.ingress) return programs.ingress.slot;
    const wire = wires.find(w => w.port === port);
    return filter !== undefined && wire?.to === 'endpoint' ? this.#server.slots.of(filter, 'ingress') : wire && programs.deliver?.slot;
  }
}

/** Packets handed over, by site. */
export function puntCounts(server: Server): DropCount[] {
  return elementRecords(server.engine.records).flatMap(record => {
    const { uid, sites } = record;
    const map = ownMap(server, record, 'punts');
    return sites.flatMap(({ punts, ...site }, index): DropCount[] => {
      const state = punts && map?.live.lookup(u32Bytes(index));
      const packets = state ? Number(new DataView(state.buffer, state.byteOffset).getBigUint64(8, true)) : 0;
      return packets > 0 ? [{ element: uid, ...site, packets }] : [];
    });
  });
}
