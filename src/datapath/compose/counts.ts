// Counters, read: drops by site and traffic by port. The programs count per CPU; here the CPUs are added up.

import { DatapathError, type DropCount, type PortCount } from '../datapath.ts';
import { elementRecord, elementRecords } from './element-record.ts';
import type { PinnedMap } from './engine.ts';
import { ownKey } from '../../image/hidden.ts';
import { isZero } from '../../image/bytes.ts';
import { u32Bytes, u32Of } from '../../image/live-map.ts';
import { sumsOfCpus } from '../../image/per-cpu.ts';
import { mapOf, ownMap } from './element-maps.ts';
import { ownsKey } from './image-maps.ts';
import { SERVER_SITES, type Server } from './server.ts';
import { COUNT_BYTES } from './wires.ts';

/** What the visor did not read in time: counted by the device itself. */
const PUNT_QUEUE_FULL = { module: 'datapath', file: 'src/datapath/joints/punt.ts', line: 1, reason: 'punt-queue-full' } as const;

export function drops(server: Server): DropCount[] {
  const counts: DropCount[] = [];
  for (const [index, packets] of counted(server.sites)) counts.push({ module: 'datapath', ...SERVER_SITES[index]!, packets });
  const lost = server.engine.devices.puntsLost();
  if (lost > 0) counts.push({ ...PUNT_QUEUE_FULL, packets: lost });
  for (const record of elementRecords(server.engine.records)) {
    const { uid, sites } = record;
    const map = ownMap(server, record, 'sites');
    if (!map) continue;
    for (const [index, packets] of counted(map)) {
      const { punts: _, ...site } = sites[index]!;
      counts.push({ element: uid, ...site, packets });
    }
  }
  return counts;
}

/** Of every wired port, in order. A filter has none of its own: what passes it is counted by the element that it is around. */
export function ports(server: Server, uid: string): PortCount[] {
  const record = elementRecord(server.engine.records, uid);
  if (record?.around) return [];
  const map = ownMap(server, record, 'counts');
  if (!record || !map) throw new DatapathError(`there is no element ${uid} on this server`, { cure: 'ask for one that observe() names' });
  const wired = record.wires.map(w => w.port).sort((a, b) => a - b);
  return wired.map(port => {
    const [rxPackets = 0, rxBytes = 0, txPackets = 0, txBytes = 0] = sumsOfCpus(map.live.lookup(u32Bytes(port)), COUNT_BYTES);
    return { port, rxPackets, rxBytes, txPackets, txBytes };
  });
}

/** A module's own counters: by index of an array, by key of a hash whose keys are u32. */
export function counters(server: Server, uid: string, exported: string): number[] {
  const record = elementRecord(server.engine.records, uid);
  const image = record && server.image(record.imageHash);
  const decl = image?.maps.find(m => m.name === exported && (m.kind === 'percpu-array' || m.kind === 'percpu-hash'));
  const map = record && image && decl && mapOf(server, record, image, decl);
  if (!map) throw new DatapathError(`element ${uid} has no counters ${exported} on this server`, { cure: 'name a per-CPU array or hash that its module exports' });
  const counts: number[] = [];
  for (const [whole, value] of map.live.entries()) {
    if (ownsKey(decl, whole, record.id)) counts[u32Of(ownKey(decl, whole).key)] = sumsOfCpus(value, decl.valueBytes)[0] ?? 0;
  }
  return counts;
}

/** Of an array of u64, by index, where it is not 0: read with few calls, for there are a hundred sites an element. */
function* counted(map: PinnedMap): Generator<readonly [index: number, packets: number]> {
  for (const [key, value] of map.live.entries()) {
    if (!isZero(value)) yield [u32Of(key), sumsOfCpus(value, 8)[0] as number];
  }
}
