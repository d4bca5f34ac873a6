// Doors: our program at devices that the machine has anyway, and what elements claim of their packets. A door stands as long as a wire leads to
// its device; what it does not know is the machine's. Where an element has all of a segment (trunk), the device hears what is for others, too.

import { contains, parseAddress, parsePrefix } from '../../model/address.ts';
import { DatapathError, type ElementSpec, type Wire } from '../datapath.ts';
import { door, trunk } from '../joints/door.ts';
import { elementRecords } from './element-record.ts';
import { systemProgram } from './endpoint.ts';
import { JOINTS_HASH, type Server } from './server.ts';
import { claimKey, claimValue, trunkKey, trunkValue } from './wires.ts';

const DOOR = 'door', TRUNK = 'trunk';
export const DOOR_PROGRAMS: readonly string[] = [DOOR, TRUNK];
const JOINTS_RECORD = 'door-joints', TRUNKS_RECORD = 'door-trunks';

type DeviceWire = Wire & { readonly to: 'device' | 'trunk' };
export interface Claim { readonly key: Uint8Array; readonly value: Uint8Array }

function devicesOf(wires: readonly Wire[]): DeviceWire[] {
  return wires.filter(w => w.to === 'device' || w.to === 'trunk');
}

/** Of an element, as its devices are now. What is the machine's own is not taken away from it. @throws DatapathError */
export function claimsOf(server: Server, spec: ElementSpec): Claim[] {
  return devicesOf(spec.wires).flatMap(wire => {
    const { device, port, domain = 0 } = wire;
    const found = server.engine.devices.existing(device);
    if (!found) throw new DatapathError(`there is no device ${device} on this server`, { cure: `give the ${wire.to === 'device' ? 'Gateway' : 'Endpoint'} a device that its server has (ip link), or make it` });
    const slot = server.slots.of(spec.uid);
    if (wire.to === 'trunk') {
      const { vlan, endpoint = 0, group = 0 } = wire;
      // A link-local one the device has by itself.
      const own = found.addresses.find(a => !a.startsWith('fe80:'));
      if (vlan === undefined && own !== undefined) throw new DatapathError(`${own} on device ${device} is the machine's own address, and all that comes there without a tag is to be a network's`, { cure: 'take it off the device (ip address del), or give the Endpoint a VLAN of it' });
      return [{ key: trunkKey(found.ifindex, vlan ?? 0), value: trunkValue(slot, port, domain, { endpoint, group }) }];
    }
    for (const own of found.addresses) {
      const claim = wire.claims.find(c => contains(parsePrefix(c)!, parseAddress(own)!));
      if (claim !== undefined) throw new DatapathError(`${own} on device ${device} is the machine's own address, and within ${claim}, which is to be a gateway's`, { cure: `take it off the device (ip address del), or use another address: what is sent to a gateway's address no longer reaches the machine` });
    }
    return wire.claims.map(claim => ({ key: claimKey(found.ifindex, claim), value: claimValue(slot, port, domain, found.mac) }));
  });
}

/** Where segments are taken, the program looks for those first. */
export function putDoors(server: Server, wires: readonly Wire[]): void {
  const { engine } = server;
  const own = devicesOf(wires);
  if (own.length === 0) return;
  const trunks = [...new Set([...own, ...elementRecords(engine.records).flatMap(e => devicesOf(e.wires))].filter(w => w.to === 'trunk').map(w => w.device))].sort();
  const isCurrent = engine.records.get(JOINTS_RECORD) === JOINTS_HASH && (engine.records.get(TRUNKS_RECORD) as readonly string[] | undefined ?? []).join() === trunks.join();
  if (isCurrent && own.every(w => engine.devices.door(w.device) !== undefined)) return;
  const around = { maps: { programs: server.programs.handle, claims: server.claims.handle, sites: server.sites.handle }, constants: server.systemConstants() };
  engine.loadProgram(DOOR, systemProgram(door, around));
  if (trunks.length > 0) engine.loadProgram(TRUNK, systemProgram(trunk, around, [door]));
  for (const name of new Set([...own.map(w => w.device), ...engine.devices.doors()])) {
    if (engine.devices.existing(name)) engine.devices.makeDoor(name, trunks.includes(name) ? TRUNK : DOOR, trunks.includes(name) ? { hearsAll: true } : {});
  }
  if (trunks.length === 0) engine.removeProgram(TRUNK);
  engine.records.put(TRUNKS_RECORD, trunks);
  engine.records.put(JOINTS_RECORD, JOINTS_HASH);
  server.changes += 2;
}

/** Those that no wire leads to any more. */
export function removeIdleDoors(server: Server): void {
  const used = new Set(elementRecords(server.engine.records).flatMap(e => devicesOf(e.wires)).map(w => w.device));
  for (const device of server.engine.devices.doors()) {
    if (used.has(device)) continue;
    server.engine.devices.removeDoor(device);
    server.changes++;
  }
}
