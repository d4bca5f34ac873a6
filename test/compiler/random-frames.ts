// Packets for random modules: Ethernet and bytes that nobody chose, or IPv4 and IPv6 with whatever may be in them, now and then cut short.

import { checksumOf } from './evaluate-checksums.ts';
import { styleOf } from './random-text.ts';

/** `port` counts for modules only. */
export interface Sent { readonly port: number; readonly frame: Uint8Array }
const PACKETS = 3;
const FRAME_BYTES = 64;

export function packetsOf(tape: readonly number[]): Sent[] {
  let state = tape.reduce((n, t) => Math.imul(n, 31) + t | 0, 7);
  const byte = (): number => { state = Math.imul(state, 1103515245) + 12345 | 0; return state >>> 16 & 0xff; };
  const { network } = styleOf(tape);
  return Array.from({ length: PACKETS }, (_, i) => ({ port: i * 5, frame: network ? networkFrame(byte) : plainFrame(byte, byte() % 8 === 0 ? 38 : FRAME_BYTES - i * 11) }));
}

function plainFrame(byte: () => number, length: number): Uint8Array {
  const frame = Uint8Array.from({ length }, (_b, k) => k % 7 === 3 ? [0, 1, 255][byte() % 3] as number : byte());
  // A type of no protocol (IEEE 802, local experiments).
  frame.set([0x88, 0xb5], 12);
  return frame;
}

type Bytes = readonly number[];
const u16 = (n: number): Bytes => [n >> 8 & 255, n & 255];

function networkFrame(byte: () => number): Uint8Array {
  const pick = <T>(list: readonly T[]): T => list[byte() % list.length] as T;
  const some = (count: number): Bytes => Array.from({ length: count }, byte);
  const isSix = byte() % 2 === 0;
  const eth = [...pick<Bytes>([[2, 0, 0, 0, 0, 1], [255, 255, 255, 255, 255, 255], some(6)]), ...pick<Bytes>([[2, 0, 0, 0, 0, 1], some(6)])];
  if (byte() % 12 === 0) return Uint8Array.from([...eth, 0x88, 0xb5, ...some(60)]);
  const protocol = pick([6, 6, 17, 17, isSix ? 58 : 1, isSix ? 58 : 1, 132, 47, isSix ? 1 : 58]);
  const [src, dst] = [0, 1].map((): Bytes => isSix ? [0xfd, ...some(0), ...new Array<number>(14).fill(0), byte() % 3] : pick<Bytes>([[10, 0, 0, byte() % 5], [192, 168, 1, 1], some(4)])) as [Bytes, Bytes];
  const [chain, next] = isSix ? extensions(byte, protocol) : [[], protocol] as const;
  const l4 = transport(byte, protocol, src, dst, isSix);
  const ip = isSix ? ipv6(byte, next, chain.length + l4.length, src, dst) : ipv4(byte, protocol, l4.length, src, dst);
  const whole = [...eth, ...(isSix ? [0x86, 0xdd] : [8, 0]), ...ip, ...chain, ...l4];
  // PROG_TEST_RUN refuses packets of IP that are shorter than its header.
  return Uint8Array.from(byte() % 8 === 0 ? whole.slice(0, Math.max(isSix ? 54 : 34, byte() % whole.length)) : whole);
}

function ipv4(byte: () => number, protocol: number, payload: number, src: Bytes, dst: Bytes): Bytes {
  const words = byte() % 3 === 0 ? byte() % 5 : 0;
  const fragment = byte() % 8 === 0 ? u16([0x2000, 0x2003, 0x0007, 0x4000][byte() % 4] as number) : u16(0x4000);
  const head = [0x45 + words, byte(), ...u16(20 + 4 * words + payload), byte(), byte(), ...fragment, byte(), protocol, 0, 0, ...src, ...dst, ...options(byte, 4 * words)];
  head.splice(10, 2, ...u16(checksumOf(Uint8Array.from(head))));
  return head;
}

/** Of any kind, mostly of a length that is right. */
function options(byte: () => number, room: number): Bytes {
  const out: number[] = [];
  while (out.length < room) {
    const kind = [0, 1, 2, 3, 7, byte()][byte() % 6] as number;
    if (kind < 2) { out.push(kind); continue; }
    const length = byte() % 7 === 0 ? byte() % 12 : 2 + byte() % 5;
    out.push(kind, length, ...Array.from({ length: Math.max(0, length - 2) }, byte));
  }
  return out.slice(0, room);
}

function ipv6(byte: () => number, next: number, payload: number, src: Bytes, dst: Bytes): Bytes {
  return [0x60 | byte() & 15, byte(), byte(), byte(), ...u16(payload), next, byte() % 4 === 0 ? 255 : byte(), ...src, ...dst];
}

/** Extension headers, and the number that leads to the first. */
function extensions(byte: () => number, protocol: number): [Bytes, number] {
  const count = [0, 0, 0, 1, 1, 2, 3, 7][byte() % 8] as number;
  let next = protocol;
  let bytes: number[] = [];
  for (let i = 0; i < count; i++) {
    const kind = [0, 60, 43, 44, 51][byte() % 5] as number;
    const words = byte() % 16 === 0 ? 200 : byte() % 2;
    const rest = Array.from({ length: 6 }, byte);
    const whole = kind === 44 ? [next, 0, ...u16(byte() % 4 === 0 ? 0x0109 : byte() % 2), ...rest.slice(0, 4)]
      : kind === 51 ? [next, 2 * (words % 2), ...rest, ...(words % 2 === 1 ? Array.from({ length: 8 }, byte) : [])]
      : [next, words, ...(words === 1 ? options(byte, 14) : kind === 43 ? rest : options(byte, 6))];
    bytes = [...whole, ...bytes];
    next = kind;
  }
  return [bytes, next];
}

function transport(byte: () => number, protocol: number, src: Bytes, dst: Bytes, isSix: boolean): Bytes {
  const data = Array.from({ length: [0, 3, 8, 20, 40][byte() % 5] as number }, byte);
  const port = (): Bytes => u16([53, 80, 7, byte() << 8 | byte()][byte() % 4] as number);
  const word = (): Bytes => Array.from({ length: 4 }, byte);
  const words = byte() % 2 * (byte() % 4);
  const rest: Bytes = protocol === 6 ? [...port(), ...port(), ...word(), ...word(), 0x50 + 16 * words, byte() & 0x3f, byte(), byte(), 0, 0, 0, 0, ...options(byte, 4 * words), ...data]
    : protocol === 17 ? [...port(), ...port(), ...u16(8 + data.length), 0, 0, ...data]
    : protocol === 1 || protocol === 58 ? message(byte, isSix, src, dst, data)
    : [...port(), ...port(), ...word(), ...data];
  const at = ({ 6: 16, 17: 6, 1: 2, 58: 2 } as Readonly<Record<number, number>>)[protocol];
  if (at === undefined || (protocol === 17 && byte() % 6 === 0)) return rest;
  const pseudo = protocol === 1 ? [] : [...src, ...dst, 0, protocol, ...u16(rest.length)];
  const sum = checksumOf(Uint8Array.from(pseudo), Uint8Array.from(rest));
  return [...rest.slice(0, at), ...u16(protocol === 17 && sum === 0 ? 0xffff : sum), ...rest.slice(at + 2)];
}

/** An echo, a neighbour's message, or an error with a packet inside that is perhaps cut off. */
function message(byte: () => number, isSix: boolean, src: Bytes, dst: Bytes, data: Bytes): Bytes {
  const type = (isSix ? [128, 129, 1, 3, 135, byte()] : [8, 0, 3, 11, 13, byte()])[byte() % 6] as number;
  const head = [type, byte() % 4, 0, 0, byte(), byte(), byte(), byte()];
  if (byte() % 3 === 0) return [...head, ...data];
  const inner = [53, 53, byte(), byte(), ...u16(8 + data.length), byte(), byte(), ...data];
  const protocol = [6, 17, 17, isSix ? 58 : 1][byte() % 4] as number;
  const quoted = isSix ? ipv6(byte, protocol, inner.length, src, dst) : ipv4(byte, protocol, inner.length, src, dst);
  return [...head, ...[...quoted, ...inner].slice(0, byte() % 4 === 0 ? 24 + byte() % 30 : undefined)];
}
