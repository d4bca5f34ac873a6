// Which record each port of an element has now: from the wires that it shall have and the devices that are there.

import { DatapathError, type Wire } from '../datapath.ts';
import { sameValue } from '../../model/canonical.ts';
import { MAX_FLOOD_PORTS } from '../joints/flood.ts';
import { ownMap } from './element-maps.ts';
import type { ElementRecord } from './element-record.ts';
import { endpointRecord } from './endpoint.ts';
import { u32Bytes, u32Of } from '../../image/live-map.ts';
import type { Server } from './server.ts';
import { outerTo } from './tunnel.ts';
import { floodBytes, wireBytes, type WireRecord } from './wires.ts';

const MAX_PORT = 65_535;
const LEAST_ROOM = 64;
/** As the record has room for. */
const MOST_MTU = 65_535;

/** What is wrong with wires by themselves is said before anything is changed. */
export function checkWires(uid: string, wires: readonly Wire[]): void {
  const ports = new Set<number>();
  for (const { port } of wires) {
    if (!Number.isInteger(port) || port < 0 || port > MAX_PORT) throw refused(uid, `port ${port} is not in 0 … ${MAX_PORT}`);
    if (ports.has(port)) throw refused(uid, `port ${port} has two wires`);
    ports.add(port);
  }
  const devices = wires.filter(w => w.to !== 'element' && w.to !== 'device' && !('floods' in w)).length;
  if (devices > MAX_FLOOD_PORTS) throw refused(uid, `${devices} endpoints and tunnels are more than the ${MAX_FLOOD_PORTS} that a flood reaches`);
}

/** Ports that the maps need room for: a power of two, so that one more port seldom means new maps. */
export function roomFor(wires: readonly Wire[], atLeast = LEAST_ROOM): number {
  let room = Math.max(atLeast, LEAST_ROOM);
  for (const { port } of wires) while (room <= port) room *= 2;
  return room;
}

/**
 * Writes what differs of the element's wires and flood list; a port whose device is not there has no wire. `before`: the element as all of it stands in
 * the same maps; its wires of endpoints and elements that are no others stay unlooked at, for there may be a hundred and one new.
 */
export function refreshWires(server: Server, element: ElementRecord, before?: ElementRecord): void {
  const map = ownMap(server, element, 'wires');
  if (!map) return;
  const stood = new Map(before?.wires.map(w => [w.port, w]));
  const changed = element.wires.filter(w => (w.to !== 'endpoint' && w.to !== 'element') || !sameValue(stood.get(w.port), w));
  const records = new Map<number, WireRecord>();
  const tunnel = server.engine.devices.tunnel();
  for (const wire of changed) {
    const record = recordOf(server, wire, tunnel);
    if (record) records.set(wire.port, record);
  }
  const stays = new Set(element.wires.map(w => w.port));
  for (const { port } of changed) stays.delete(port);
  for (const port of before ? [...stood.keys(), ...changed.map(w => w.port)] : wiredNow(map.live.entries())) {
    if (!records.has(port) && !stays.has(port)) server.write(map, u32Bytes(port), wireBytes(undefined));
  }
  for (const [port, record] of records) server.write(map, u32Bytes(port), wireBytes(record));
  const silent = new Set(element.wires.filter(w => 'floods' in w && w.floods === false).map(w => w.port));
  const ports = [...records].filter(([port, r]) => r.kind !== 'element' && r.kind !== 'outside' && !silent.has(port)).map(([port]) => port);
  const next = element.wires.find(w => w.to === 'element' && !silent.has(w.port))?.port;
  refreshFloods(server, element, list => ({ ports: [...list.ports.filter(port => stays.has(port)), ...ports].sort((a, b) => a - b), next }));
}

/** The same for the one wire of an endpoint: there may be a thousand others. `gone`: it has none now. */
export function refreshEndpoint(server: Server, element: ElementRecord, uid: string, gone?: 'gone'): void {
  const map = ownMap(server, element, 'wires');
  const wire = element.wires.find(w => w.to === 'endpoint' && w.endpoint === uid);
  if (!map || !wire) return;
  const { port } = wire;
  const record = gone ? undefined : recordOf(server, wire, undefined);
  if (record) server.write(map, u32Bytes(port), wireBytes(record));
  refreshFloods(server, element, list => ({ ...list, ports: [...list.ports.filter(p => p !== port), ...record ? [port] : []].sort((a, b) => a - b) }));
  if (!record) server.write(map, u32Bytes(port), wireBytes(undefined));
}

/** Ports that a flood reaches, and the one that leads to an element, which it goes on by. */
interface FloodList { readonly ports: readonly number[]; readonly next: number | undefined }

function refreshFloods(server: Server, element: ElementRecord, change: (list: FloodList) => FloodList): void {
  const floods = ownMap(server, element, 'floods');
  const before = floods?.live.lookup(u32Bytes(0));
  if (!floods || !before) return;
  const list = listNow(before);
  const { ports, next } = change(list);
  if (ports.join() === list.ports.join() && next === list.next) return;
  const { written, flipped } = floodBytes(before, ports, next);
  server.write(floods, u32Bytes(0), written);
  server.write(floods, u32Bytes(0), flipped);
}

function recordOf(server: Server, wire: Wire, tunnel: { readonly ifindex: number } | undefined): WireRecord | undefined {
  switch (wire.to) {
    case 'endpoint': {
      const record = endpointRecord(server.engine.records, wire.endpoint);
      const device = record && server.engine.devices.made(wire.endpoint);
      return device && { kind: device.delivery, mtu: record.spec.mtu, ifindex: device.ifindex };
    }
    case 'tunnel': {
      const outer = tunnel && outerTo(server, wire.remote);
      return tunnel && { kind: 'tunnel', ifindex: tunnel.ifindex, vni: wire.vni, remote: wire.remote, mtu: wire.mtu ?? 0, ...outer && { outer } };
    }
    case 'device': {
      const found = server.engine.devices.door(wire.device) === undefined ? undefined : server.engine.devices.existing(wire.device);
      return found && { kind: 'outside', mtu: Math.min(found.mtu, MOST_MTU), ifindex: found.ifindex, via: wire.via };
    }
    case 'trunk': {
      const found = server.engine.devices.door(wire.device) === undefined ? undefined : server.engine.devices.existing(wire.device);
      return found && { kind: 'trunk', mtu: Math.min(found.mtu, MOST_MTU), ifindex: found.ifindex, vlan: wire.vlan };
    }
    case 'element':
      return { kind: 'element', entry: wire.entry, slot: server.slots.of(wire.element) };
  }
}

/** Ports. */
function* wiredNow(entries: Iterable<readonly [Uint8Array, Uint8Array]>): Generator<number> {
  for (const [key, value] of entries) {
    if (value[0] !== 0) yield u32Of(key);
  }
}

/** The list that holds now. */
function listNow(bytes: Uint8Array): FloodList {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const base = 8 + (view.getUint32(0, true) & 1) * (MAX_FLOOD_PORTS + 1) * 4;
  const ports: number[] = [];
  for (let index = 0; index < MAX_FLOOD_PORTS; index++) {
    const port = view.getUint32(base + index * 4, true);
    if (port > MAX_PORT) break;
    ports.push(port);
  }
  const next = view.getUint32(4, true);
  return { ports, next: next > MAX_PORT ? undefined : next };
}

function refused(uid: string, why: string): DatapathError {
  return new DatapathError(`element ${uid}: ${why}`, { cure: 'this plan cannot be carried out; change the network' });
}
