// Addresses of devices. Adding is idempotent; IPv6 goes without duplicate detection.

import { strict as assert } from 'node:assert';
import { isSysError } from '../sys/errors.ts';
import type { Netlink } from './client.ts';
import { type Address, addressDump, addressRequest, decodeAddress } from './codec/address.ts';
import { prefixBytes } from './codec/address-text.ts';

export type { Address };

/** `prefix` as `10.0.0.1/24`. @throws SysError */
export function addAddress(netlink: Netlink, index: number, prefix: string): void {
  netlink.request(`add address ${prefix}`, addressRequest('add', index, parsed(prefix)));
}

/** False: it was not there. @throws SysError */
export function deleteAddress(netlink: Netlink, index: number, prefix: string): boolean {
  try {
    netlink.request(`delete address ${prefix}`, addressRequest('delete', index, parsed(prefix)));
    return true;
  } catch (error) {
    if (isSysError(error, 'EADDRNOTAVAIL')) return false;
    throw error;
  }
}

/** Of one device, both families. @throws SysError */
export function listAddresses(netlink: Netlink, index: number): Address[] {
  return netlink.dump('list addresses', addressDump(index)).map(decodeAddress).filter(found => found !== undefined).filter(found => found.index === index);
}

/** Index of the device that has the address. @throws SysError */
export function addressOwner(netlink: Netlink, ip: string): number | undefined {
  return netlink.dump('list addresses', addressDump(0)).map(decodeAddress).find(found => found?.prefix.split('/')[0] === ip)?.index;
}

function parsed(prefix: string): { readonly address: Uint8Array; readonly length: number } {
  const bytes = prefixBytes(prefix);
  assert.ok(bytes, `'${prefix}' is not an address with a prefix length`);
  return bytes;
}
