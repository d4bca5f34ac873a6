// What a veth device does itself: generic receive offload, with which it takes frames from XDP redirects (ndo_xdp_xmit of its peer needs
// NAPI here), and checksums of what it sends, without which the kernel makes them before.

import { AF, openSocket, SOCK } from '../../src/sys/socket.ts';
import { checked } from '../../src/sys/errors.ts';
import { addressOf, libcInteger } from '../../src/sys/libc.ts';

const cIoctl = libcInteger('int ioctl(int fd, ulong request, void *argument)');
const SIOCETHTOOL = 0x8946;
const SET = { gro: 0x2c, checksums: 0x17 } as const;                                       // ETHTOOL_SGRO, ETHTOOL_STXCSUM

/** Veth devices are born with checksums, without gro. @throws SysError */
export function switchOffload({ netns, device }: { readonly netns: string; readonly device: string }, what: keyof typeof SET, to: 'on' | 'off'): void {
  using socket = openSocket({ domain: AF.INET, type: SOCK.DGRAM, protocol: 0, netns });
  const value = new Uint8Array(Uint32Array.of(SET[what], to === 'on' ? 1 : 0).buffer);      // struct ethtool_value
  const request = new Uint8Array(40);                                                        // struct ifreq: name 0, data 16
  request.set(new TextEncoder().encode(device));
  new DataView(request.buffer).setBigUint64(16, addressOf(value), true);
  checked(`ioctl SIOCETHTOOL ${device}`, cIoctl(socket.fd, SIOCETHTOOL, request));
}
