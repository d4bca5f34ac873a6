// Permanent neighbours (ARP and ND entries) of devices, and forwarding entries of vxlan devices.

import { strict as assert } from 'node:assert';
import { isSysError, type SysError } from '../sys/errors.ts';
import type { Netlink } from './client.ts';
import { ipBytes, macBytes } from './codec/address-text.ts';
import { decodeNeighbour, forwardingRequest, type Neighbour, neighbourDump, neighbourRequest } from './codec/neighbour.ts';

export type { Neighbour };

export interface NeighbourSpec {
  readonly index: number;
  readonly ip: string;
  readonly mac: string;
}

/** Adds or replaces many; one that the kernel refuses does not keep the others away. Gives a refusal, or undefined, for each. */
export function addNeighbours(netlink: Netlink, entries: readonly NeighbourSpec[]): (SysError | undefined)[] {
  return netlink.batch('add neighbours', entries.map(({ index, ip, mac }) => neighbourRequest('add', { index, ip: address(ip), mac: hardware(mac) })));
}

/** False: it was not there. @throws SysError */
export function deleteNeighbour(netlink: Netlink, entry: { readonly index: number; readonly ip: string }): boolean {
  try {
    netlink.request(`delete neighbour ${entry.ip}`, neighbourRequest('delete', { index: entry.index, ip: address(entry.ip) }));
    return true;
  } catch (error) {
    if (isSysError(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Of one device. @throws SysError */
export function listNeighbours(netlink: Netlink, index: number): Neighbour[] {
  return netlink.dump('list neighbours', neighbourDump(index)).map(decodeNeighbour).filter(found => found !== undefined).filter(found => found.index === index);
}

/** Of a vxlan device with a table: frames to `mac` (all zeros: to the unknown) go to `remote`. @throws SysError */
export function addForwarding(netlink: Netlink, entry: { readonly index: number; readonly mac: string; readonly remote: string }): void {
  netlink.request(`add forwarding ${entry.mac}`, forwardingRequest('append', { index: entry.index, mac: hardware(entry.mac), remote: address(entry.remote) }));
}

function address(text: string): Uint8Array {
  const bytes = ipBytes(text);
  assert.ok(bytes, `'${text}' is not an IP address`);
  return bytes;
}

function hardware(text: string): Uint8Array {
  const bytes = macBytes(text);
  assert.ok(bytes, `'${text}' is not a MAC address`);
  return bytes;
}
