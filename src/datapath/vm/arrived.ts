// What a simulated host understands of a frame that arrives. Frames whose checksums are wrong are not understood.

import { ipv4Text, ipv6Bytes, ipv6Text, macText } from '../../lang/packets/address.ts';
import { internetChecksum, pseudoHeader } from '../../lang/packets/checksum.ts';

interface Ether { readonly dst: string; readonly src: string; readonly isGroup: boolean }
interface Ip { readonly from: string; readonly to: string }

export type Arrived = Ether & (
  | { readonly kind: 'arp'; readonly op: 'request' | 'reply'; readonly senderMac: string; readonly senderIp: string; readonly targetIp: string }
  | Ip & { readonly kind: 'neighbor'; readonly op: 'solicit' | 'advertise'; readonly target: string; readonly mac: string | undefined }
  | Ip & { readonly kind: 'echo'; readonly op: 'request' | 'reply'; readonly id: number; readonly seq: number; readonly content: Uint8Array }
  | Ip & { readonly kind: 'udp'; readonly srcPort: number; readonly dstPort: number; readonly content: Uint8Array }
  | Ip & Segment);

export interface Segment {
  readonly kind: 'tcp'; readonly from: string; readonly srcPort: number; readonly dstPort: number;
  readonly seq: number; readonly ackSeq: number; readonly flags: number; readonly content: Uint8Array;
}

const ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58;

export function parse(frame: Uint8Array): Arrived | undefined {
  if (frame.length < 14) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const ether: Ether = { dst: macText(frame.subarray(0, 6)), src: macText(frame.subarray(6, 12)), isGroup: ((frame[0] ?? 0) & 1) === 1 };
  switch (view.getUint16(12)) {
    case 0x0806: return arp(ether, frame, view);
    case 0x0800: return ipv4(ether, frame, view);
    case 0x86dd: return ipv6(ether, frame, view);
    default: return undefined;
  }
}

/** Texts of one address may differ. */
export function hasAddress(a: string, b: string): boolean {
  return a.includes(':') === b.includes(':') && (a.includes(':') ? ipv6Text(ipv6Bytes(a)) === ipv6Text(ipv6Bytes(b)) : a === b);
}

function arp(ether: Ether, frame: Uint8Array, view: DataView): Arrived | undefined {
  if (frame.length < 42) return undefined;
  return {
    ...ether, kind: 'arp', op: view.getUint16(20) === 1 ? 'request' : 'reply',
    senderMac: macText(frame.subarray(22, 28)), senderIp: ipv4Text(frame.subarray(28, 32)), targetIp: ipv4Text(frame.subarray(38, 42)),
  };
}

function ipv4(ether: Ether, frame: Uint8Array, view: DataView): Arrived | undefined {
  if (frame.length < 34) return undefined;
  const headerBytes = ((frame[14] ?? 0) & 15) * 4;
  if (internetChecksum(frame.subarray(14, 14 + headerBytes)) !== 0) return undefined;
  const src = frame.subarray(26, 30), dst = frame.subarray(30, 34);
  const payload = frame.subarray(14 + headerBytes, 14 + view.getUint16(16));
  return above(ether, { from: ipv4Text(src), to: ipv4Text(dst) }, { protocol: frame[23] ?? 0, payload, src, dst });
}

function ipv6(ether: Ether, frame: Uint8Array, view: DataView): Arrived | undefined {
  if (frame.length < 54) return undefined;
  const src = frame.subarray(22, 38), dst = frame.subarray(38, 54);
  const payload = frame.subarray(54, 54 + view.getUint16(18));
  return above(ether, { from: ipv6Text(src), to: ipv6Text(dst) }, { protocol: frame[20] ?? 0, payload, src, dst });
}

interface Payload { readonly protocol: number; readonly payload: Uint8Array; readonly src: Uint8Array; readonly dst: Uint8Array }

function above(ether: Ether, ip: Ip, { protocol, payload, src, dst }: Payload): Arrived | undefined {
  const pseudo = protocol === ICMP ? new Uint8Array(0) : pseudoHeader(src, dst, protocol, payload.length);
  // UDP over IPv4 may have none.
  const isUnsummed = protocol === UDP && src.length === 4 && payload[6] === 0 && payload[7] === 0;
  if (payload.length < 8 || (!isUnsummed && internetChecksum(pseudo, payload) !== 0)) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const u16 = (at: number): number => view.getUint16(at);
  switch (protocol) {
    case ICMP: case ICMPV6: return icmp(ether, ip, payload, view);
    case UDP: return { ...ether, ...ip, kind: 'udp', srcPort: u16(0), dstPort: u16(2), content: payload.subarray(8, u16(4)) };
    case TCP: return payload.length < 20 ? undefined : {
      ...ether, ...ip, kind: 'tcp', srcPort: u16(0), dstPort: u16(2), seq: view.getUint32(4), ackSeq: view.getUint32(8),
      flags: payload[13] ?? 0, content: payload.subarray((payload[12] ?? 0) >> 4 << 2),
    };
    default: return undefined;
  }
}

function icmp(ether: Ether, ip: Ip, message: Uint8Array, view: DataView): Arrived | undefined {
  const echo = (op: 'request' | 'reply'): Arrived => ({ ...ether, ...ip, kind: 'echo', op, id: view.getUint16(4), seq: view.getUint16(6), content: message.subarray(8) });
  const neighbor = (op: 'solicit' | 'advertise'): Arrived | undefined => message.length < 24 ? undefined : {
    ...ether, ...ip, kind: 'neighbor', op, target: ipv6Text(message.subarray(8, 24)), mac: message.length < 32 ? undefined : macText(message.subarray(26, 32)),
  };
  switch (message[0]) {
    case 8: case 128: return echo('request');
    case 0: case 129: return echo('reply');
    case 135: return neighbor('solicit');
    case 136: return neighbor('advertise');
    default: return undefined;
  }
}
