// A real wire for packets that PROG_TEST_RUN cannot make: non-linear ones, such whose checksum is to be finished, such that are to be cut.
// They go out of one end of a veth pair by a packet socket that says so (PACKET_VNET_HDR), through a tc program at that end's egress, and are
// read at the other end with what the kernel knows of them then.

import { switchOffload } from '../bench/datapath/ethtool.ts';
import { loadProgram } from '../src/kernel/program.ts';
import { attachTcx } from '../src/kernel/tcx.ts';
import { Netlink } from '../src/netlink/client.ts';
import { createVeth, indexOf, setLink } from '../src/netlink/links.ts';
import { createNamespace, deleteNamespace } from '../src/netlink/namespaces.ts';
import { writeSysctl } from '../src/netlink/sysctl.ts';
import { openPacketSocket } from '../src/sys/packets.ts';
import { untilReadable } from '../src/sys/poll.ts';

export interface WirePacket {
  readonly frame: Uint8Array;
  /** Bytes in the linear part; the kernel minds it from 4 KB of frame on. */
  readonly linearBytes?: number;
  readonly partial?: { readonly start: number; readonly offset: number } | undefined;
  readonly gso?: { readonly type: 'tcp4' | 'tcp6' | 'udp'; readonly size: number } | undefined;
}

const SOL_PACKET = 263, PACKET_VNET_HDR = 15;
/** struct virtio_net_hdr. */
const HEADER_BYTES = 10;
const NEEDS_CSUM = 1;
const GSO_TYPES = { tcp4: 1, tcp6: 4, udp: 5 } as const;
const MTU = 9000;
const LIMIT_MS = 5000;

/**
 * What comes out at the other end; undefined: the program did not pass it. `checksums: 'kernel'`: the device makes none, so the kernel finishes
 * them behind the program. @throws SysError, VerifierError
 */
export async function overWire(name: string, code: Uint8Array, packet: WirePacket, checksums: 'device' | 'kernel' = 'device'): Promise<WirePacket | undefined> {
  deleteNamespace(name);
  const netns = createNamespace(name);
  try {
    for (const which of ['all', 'default']) writeSysctl(netns, `net/ipv6/conf/${which}/disable_ipv6`, 1);
    using netlink = new Netlink({ netns });
    createVeth(netlink, { name: 'a', mtu: MTU }, { name: 'b', mtu: MTU });
    for (const end of ['a', 'b']) setLink(netlink, end, { state: 'up' });
    if (checksums === 'kernel') switchOffload({ netns, device: 'a' }, 'checksums', 'off');
    using near = openPacketSocket({ ifindex: indexOf(netlink, 'a'), netns });
    using far = openPacketSocket({ ifindex: indexOf(netlink, 'b'), netns });
    for (const socket of [near, far]) socket.setOption(SOL_PACKET, PACKET_VNET_HDR, 1);
    using program = loadProgram({ name: 'wire', hook: 'tc', code });
    const link = attachTcx({ program, ifindex: indexOf(netlink, 'a'), direction: 'egress', netns });
    try {
      near.send(sent(packet));
      // A second packet, which no program has touched, tells that the first will not come any more.
      link.close();
      near.send(sent({ frame: new Uint8Array(60) }));
      if (!await untilReadable(far.fd, LIMIT_MS)) throw new Error('nothing came over the wire');
      const arrived = received(far.receive()!.bytes);
      return arrived.frame.length === 60 && arrived.frame.every(byte => byte === 0) ? undefined : arrived;
    } finally {
      link.close();
    }
  } finally {
    deleteNamespace(name);
  }
}

function sent({ frame, linearBytes = 0, partial, gso }: WirePacket): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + frame.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, partial ? NEEDS_CSUM : 0);
  view.setUint8(1, gso ? GSO_TYPES[gso.type] : 0);
  view.setUint16(2, linearBytes, true);
  view.setUint16(4, gso?.size ?? 0, true);
  view.setUint16(6, partial?.start ?? 0, true);
  view.setUint16(8, partial?.offset ?? 0, true);
  bytes.set(frame, HEADER_BYTES);
  return bytes;
}

function received(bytes: Uint8Array): WirePacket {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const type = (Object.keys(GSO_TYPES) as (keyof typeof GSO_TYPES)[]).find(key => GSO_TYPES[key] === (view.getUint8(1) & 0x7f));
  return {
    frame: bytes.slice(HEADER_BYTES),
    partial: (view.getUint8(0) & NEEDS_CSUM) !== 0 ? { start: view.getUint16(6, true), offset: view.getUint16(8, true) } : undefined,
    gso: type && { type, size: view.getUint16(4, true) },
  };
}
