// A TCP stack of the kernel's for one network's resolver: a namespace without a name, with a TUN device that has the server's addresses, and sockets that
// listen there. It lives in this process's descriptors alone, so it is gone with the process. Packets come and go as bytes; whose they are is
// the caller's. Addresses of two networks may be the same: each has a stack of its own.

import { createServer, type Server, type Socket } from 'node:net';
import { hostPrefix, isV6 } from '../../model/address.ts';
import { addAddress } from '../../netlink/addresses.ts';
import { Netlink } from '../../netlink/client.ts';
import { indexOf, setLink } from '../../netlink/links.ts';
import { addRoute } from '../../netlink/routes.ts';
import { writeIpv6Sysctl } from '../../netlink/sysctl.ts';
import { ipBytes } from '../../netlink/codec/address-text.ts';
import type { Fd } from '../../sys/fd.ts';
import { withNewNamespace } from '../../sys/namespace.ts';
import { internetAddress } from '../../sys/packets.ts';
import { watchReadable } from '../../sys/poll.ts';
import { AF, openSocket, SOCK } from '../../sys/socket.ts';
import { openTun } from '../../sys/tap.ts';

const DEVICE = 'dns0';
const MOST_AT_ONCE = 64;
const SOL_SOCKET = 1, SO_REUSEADDR = 2, IPPROTO_IPV6 = 41, IPV6_V6ONLY = 26;

interface StackParts {
  /** Without prefix length. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly mtu: number;
  onPacket(packet: Uint8Array): void;
  onConnection(stream: Socket): void;
}

export interface PrivateStack {
  /** An IP packet for it. False: no room now. */
  receive(packet: Uint8Array): boolean;
  close(): void;
}

/** @throws SysError: no /dev/net/tun, or not allowed */
export function openStack({ addresses, port, mtu, onPacket, onConnection }: StackParts): PrivateStack {
  const { tun, listening } = withNewNamespace(() => {
    const device = openTun(DEVICE);
    const fds: Fd[] = [];
    try {
      using netlink = new Netlink();
      setLink(netlink, DEVICE, { mtu });
      // It would say by itself that it is there.
      writeIpv6Sysctl(undefined, DEVICE, 'addr_gen_mode', 1);
      const index = indexOf(netlink, DEVICE);
      for (const address of addresses) addAddress(netlink, index, hostPrefix(address));
      setLink(netlink, DEVICE, { state: 'up' });
      for (const address of addresses) addRoute(netlink, { destination: isV6(address) ? '::/0' : '0.0.0.0/0', index });
      for (const address of addresses) fds.push(listener(address, port));
      return { tun: device, listening: fds };
    } catch (error) {
      device.close();
      throw error;
    }
  });
  const servers: Server[] = listening.map(fd => {
    const server = createServer(onConnection);
    server.on('error', () => {});
    return server.listen({ fd });
  });
  const watch = watchReadable(tun.fd, () => {
    for (let i = 0; i < MOST_AT_ONCE; i++) {
      const packet = tun.read();
      if (packet === undefined) return;
      onPacket(packet);
    }
  });
  return {
    receive: packet => tun.write(packet),
    close() {
      watch.close();
      for (const server of servers) server.close();
      tun.close();
    },
  };
}

/** Of the namespace that this thread is in. Node listens, and closes it. */
function listener(address: string, port: number): Fd {
  const isSix = isV6(address);
  const socket = openSocket({ domain: isSix ? AF.INET6 : AF.INET, type: SOCK.STREAM, protocol: 0 });
  try {
    socket.setOption(SOL_SOCKET, SO_REUSEADDR, 1);
    if (isSix) socket.setOption(IPPROTO_IPV6, IPV6_V6ONLY, 1);
    socket.bind(internetAddress(ipBytes(address)!, port));
    return socket.release();
  } catch (error) {
    socket.close();
    throw error;
  }
}
