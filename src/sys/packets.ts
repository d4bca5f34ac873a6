// Sockets for whole packets: AF_PACKET on one device, and raw ICMP by address. For probes, demos and tests, and to tell a wire that an address has moved; no packet of a workload goes by them.

import { AF, openSocket, SOCK, type Socket } from './socket.ts';
import type { NamespaceRef } from './namespace.ts';

const ETH_P_ALL = 3;
const SOL_PACKET = 263;
const PACKET_IGNORE_OUTGOING = 23;
const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;

/** Whole Ethernet frames of one device, both ways; what this machine itself sends there is not received. @throws SysError */
export function openPacketSocket(spec: { readonly ifindex: number; readonly netns?: NamespaceRef }): Socket {
  // Protocol 0 receives nothing until bind, so no frame of another device slips in.
  const socket = openSocket({ domain: AF.PACKET, type: SOCK.RAW, protocol: 0, netns: spec.netns });
  try {
    socket.setOption(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
    socket.bind(linkAddress(spec.ifindex));
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}

/** Raw ICMP. Version 4 receives with the IP header and sends from the ICMP header on; version 6 has no IP header either way. @throws SysError */
export function openIcmpSocket(spec: { readonly version: 4 | 6; readonly netns?: NamespaceRef }): Socket {
  return spec.version === 4
    ? openSocket({ domain: AF.INET, type: SOCK.RAW, protocol: IPPROTO_ICMP, netns: spec.netns })
    : openSocket({ domain: AF.INET6, type: SOCK.RAW, protocol: IPPROTO_ICMPV6, netns: spec.netns });
}

/** struct sockaddr_in or sockaddr_in6 of address bytes (4 or 16) and a port. */
export function internetAddress(address: Uint8Array, port = 0): Uint8Array {
  const v4 = address.byteLength === 4;
  const bytes = new Uint8Array(v4 ? 16 : 28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, v4 ? AF.INET : AF.INET6, true);
  view.setUint16(2, port);
  bytes.set(address, v4 ? 4 : 8);
  return bytes;
}

/** struct sockaddr_ll: all protocols of a device. */
function linkAddress(ifindex: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF.PACKET, true);
  view.setUint16(2, ETH_P_ALL);
  view.setInt32(4, ifindex, true);
  return bytes;
}
