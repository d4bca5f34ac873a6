// Doors: our program at devices that the machine has anyway, and what elements claim of their packets. A door stands as long as a wire leads to
// its device; what it does not know is the machine's.

import { contains, parseAddress, parsePrefix } from '../../model/address.ts';
import { DatapathError, type ElementSpec, type Wire } from '../datapath.ts';
import { door } from '../joints/door.ts';
import { elementRecords } from './element-record.ts';
import { systemProgram } from './endpoint.ts';
import { JOINTS_HASH, type Server } from './server.ts';
import { claimKey, claimValue } from './wires.ts';

export const DOOR_PROGRAM = 'door';
const JOINTS_RECORD = 'door-joints';

type DeviceWire = Wire & { readonly to: 'device' };
export interface Claim { readonly key: Uint8Array; readonly value: Uint8Array }

export function devicesOf(wires: readonly Wire[]): DeviceWire[] {
  return wires.filter(w => w.to === 'device');
}

/** Of an element, as its devices are now. What is the machine's own is not taken away from it. @throws DatapathError */
export function claimsOf(server: Server, spec: ElementSpec): Claim[] {
  return devicesOf(spec.wires).flatMap(({ device, claims, port, domain = 0 }) => {
    const found = server.engine.devices.existing(device);
    if (!found) throw new DatapathError(`there is no device ${device} on this server`, { cure: 'give the Gateway a device that its server has (ip link), or make it' });
    for (const own of found.addresses) {
      const claim = claims.find(c => contains(parsePrefix(c)!, parseAddress(own)!));
      if (claim !== undefined) throw new DatapathError(`${own} on device ${device} is the machine's own address, and within ${claim}, which is to be a gateway's`, { cure: `take it off the device (ip address del), or use another address: what is sent to a gateway's address no longer reaches the machine` });
    }
    const slot = server.slots.of(spec.uid);
    return claims.map(claim => ({ key: claimKey(found.ifindex, claim), value: claimValue(slot, port, domain, found.mac) }));
  });
}

export function putDoors(server: Server, wires: readonly Wire[]): void {
  const { engine } = server;
  for (const { device } of devicesOf(wires)) {
    if (engine.devices.door(device) !== undefined && engine.records.get(JOINTS_RECORD) === JOINTS_HASH) continue;
    const maps = { programs: server.programs.handle, claims: server.claims.handle, sites: server.sites.handle };
    engine.loadProgram(DOOR_PROGRAM, systemProgram(door, { maps, constants: server.systemConstants() }));
    for (const name of new Set([device, ...engine.devices.doors()])) if (engine.devices.existing(name)) engine.devices.makeDoor(name, DOOR_PROGRAM);
    engine.records.put(JOINTS_RECORD, JOINTS_HASH);
    server.changes += 2;
  }
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
