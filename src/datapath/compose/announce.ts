// Tells a wire that addresses are at this server's device from now on: gratuitous ARP (RFC 5227), unsolicited neighbour advertisements (RFC 4861
// 7.2.6). Neighbours that had them elsewhere turn at once instead of when their tables age. Best effort: nobody answers it.

import * as p from '../../lang/packets.ts';
import { build } from '../../lang/packets/build.ts';
import type { Wire } from '../datapath.ts';
import type { Server } from './server.ts';
import { isIp6 } from './wires.ts';

const ALL = 'ff:ff:ff:ff:ff:ff', ALL_NODES_MAC = '33:33:00:00:00:01', ALL_NODES = 'ff02::1';
const OVERRIDE = 0x2000;

/** What is announced now, and was not `before`. */
export function announce({ engine }: Server, before: readonly Wire[], wires: readonly Wire[]): void {
  const told = new Set(announcementsOf(before).map(({ device, address }) => `${device} ${address}`));
  for (const { device, address } of announcementsOf(wires)) {
    const found = told.has(`${device} ${address}`) ? undefined : engine.devices.existing(device);
    if (found) engine.devices.send(device, build(isIp6(address) ? advertisement(address, found.mac) : gratuitous(address, found.mac)));
  }
}

function announcementsOf(wires: readonly Wire[]): { readonly device: string; readonly address: string }[] {
  return wires.flatMap(w => w.to === 'device' ? (w.announces ?? []).map(address => ({ device: w.device, address })) : []);
}

function gratuitous(address: string, mac: string): p.Layer[] {
  return [p.eth({ dst: ALL, src: mac }), p.arp({ op: 'request', senderMac: mac, senderIp: address, targetIp: address })];
}

function advertisement(address: string, mac: string): p.Layer[] {
  return [p.eth({ dst: ALL_NODES_MAC, src: mac }), p.ipv6({ src: address, dst: ALL_NODES, hopLimit: 255 }), p.icmpv6({ type: 136, id: OVERRIDE }), p.neighbor({ target: address, option: 2, mac })];
}
