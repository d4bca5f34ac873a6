// Generic receive offload of a veth device: with it the device takes frames from XDP redirects (ndo_xdp_xmit of its peer needs NAPI here).

import { AF, openSocket, SOCK } from '../../src/sys/socket.ts';
import { checked } from '../../src/sys/errors.ts';
import { addressOf, libcInteger } from '../../src/sys/libc.ts';

const cIoctl = libcInteger('int ioctl(int fd, ulong request, void *argument)');
const SIOCETHTOOL = 0x8946;
const ETHTOOL_SGRO = 0x2c;

/** Switches it; off is what veth devices are born with. @throws SysError */
export function switchGro({ netns, device }: { readonly netns: string; readonly device: string }, to: 'on' | 'off'): void {
  using socket = openSocket({ domain: AF.INET, type: SOCK.DGRAM, protocol: 0, netns });
  const value = new Uint8Array(Uint32Array.of(ETHTOOL_SGRO, to === 'on' ? 1 : 0).buffer);      // struct ethtool_value
  const request = new Uint8Array(40);                                                        // struct ifreq: name 0, data 16
  request.set(new TextEncoder().encode(device));
  new DataView(request.buffer).setBigUint64(16, addressOf(value), true);
  checked(`ioctl SIOCETHTOOL ${device}`, cIoctl(socket.fd, SIOCETHTOOL, request));
}
