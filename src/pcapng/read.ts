// A pcapng file to a capture: both byte orders, several sections, any time resolution. Blocks that it does not know are passed over, as the
// format asks; a file that is cut or broken gives what is wrong and where.

import { BLOCK, BYTE_ORDER_MAGIC, type Capture, type CapturedPacket, type CaptureInterface, OPTION } from './format.ts';

export type ReadCapture = { readonly ok: true; readonly value: Capture } | { readonly ok: false; readonly error: { readonly at: number; readonly message: string } };

const SECTION_BYTES = 28, INTERFACE_BYTES = 20, ENHANCED_BYTES = 32, SIMPLE_BYTES = 16, LEAST_BYTES = 12;
const MICROSECONDS = 6;
const MICRO_MAGIC = 0xa1b2_c3d4, NANO_MAGIC = 0xa1b2_3c4d;

/** How an interface of the section that is being read counts time. */
interface Clock { readonly index: number; readonly offsetNs: bigint; readonly toNs: (units: bigint) => bigint; readonly snapBytes: number }

export function readPcapng(bytes: Uint8Array): ReadCapture {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const interfaces: CaptureInterface[] = [];
  const packets: CapturedPacket[] = [];
  let clocks: Clock[] = [];
  let little = true;
  const wrong = (at: number, message: string): ReadCapture => ({ ok: false, error: { at, message } });
  if (bytes.length < SECTION_BYTES || view.getUint32(0) !== BLOCK.section) {
    const magic = bytes.length >= 4 ? [view.getUint32(0), view.getUint32(0, true)] : [];
    return wrong(0, magic.some(m => m === MICRO_MAGIC || m === NANO_MAGIC) ? 'this is a pcap file, not pcapng: editcap IN OUT.pcapng makes one of it' : 'this is no pcapng file');
  }
  for (let at = 0; at < bytes.length;) {
    if (at + LEAST_BYTES > bytes.length) return wrong(at, 'the file ends within a block');
    const isSection = view.getUint32(at) === BLOCK.section;
    if (isSection) {
      little = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
      if (!little && view.getUint32(at + 8) !== BYTE_ORDER_MAGIC) return wrong(at, 'a section without its byte order');
      clocks = [];
    }
    const u32 = (from: number): number => view.getUint32(from, little);
    const length = u32(at + 4);
    if (length < LEAST_BYTES || length % 4 !== 0 || at + length > bytes.length) return wrong(at, `a block of ${length} bytes, which does not fit`);
    if (u32(at + length - 4) !== length) return wrong(at, 'a block that gives its length twice, and not the same');
    const end = at + length - 4;
    const optionsAt = (from: number): readonly Option[] => options(bytes, view, { from, end, little });
    const type = isSection ? BLOCK.section : u32(at);
    switch (type) {
      case BLOCK.section:
        if (length < SECTION_BYTES) return wrong(at, 'a section that is too short');
        if (view.getUint16(at + 12, little) !== 1) return wrong(at, `version ${view.getUint16(at + 12, little)} of the format, which is not known`);
        break;
      case BLOCK.interface: {
        if (length < INTERFACE_BYTES) return wrong(at, 'an interface that is too short');
        const read = optionsAt(at + 16);
        clocks.push(clockOf(read, { index: interfaces.length, snapBytes: u32(at + 12) }, little));
        interfaces.push(interfaceOf(read, view.getUint16(at + 8, little)));
        break;
      }
      case BLOCK.enhancedPacket: {
        const clock = length < ENHANCED_BYTES ? undefined : clocks[u32(at + 8)];
        if (clock === undefined) return wrong(at, length < ENHANCED_BYTES ? 'a packet that is too short' : `a packet of interface ${u32(at + 8)}, which there is not`);
        const kept = u32(at + 20);
        if (kept > end - at - 28) return wrong(at, `a packet of ${kept} bytes, which does not fit its block`);
        packets.push({
          interface: clock.index, timeNs: clock.offsetNs + clock.toNs(BigInt(u32(at + 12)) << 32n | BigInt(u32(at + 16))),
          frame: bytes.slice(at + 28, at + 28 + kept), ...beyond(kept, u32(at + 24)), ...said(optionsAt(at + 28 + (kept + 3 & ~3)), little),
        });
        break;
      }
      case BLOCK.simplePacket: {
        const clock = length < SIMPLE_BYTES ? undefined : clocks[0];
        if (clock === undefined) return wrong(at, 'a simple packet without an interface');
        const onWire = u32(at + 8);
        const kept = Math.min(onWire, clock.snapBytes === 0 ? onWire : clock.snapBytes, end - at - 12);
        packets.push({ interface: clock.index, timeNs: 0n, frame: bytes.slice(at + 12, at + 12 + kept), ...beyond(kept, onWire) });
      }
    }
    at += length;
  }
  return { ok: true, value: { interfaces, packets } };
}

interface Option { readonly code: number; readonly value: Uint8Array }

/** What ends early, ends there: options are never worth a packet. */
function options(bytes: Uint8Array, view: DataView, { from, end, little }: { readonly from: number; readonly end: number; readonly little: boolean }): readonly Option[] {
  const found: Option[] = [];
  for (let at = from; at + 4 <= end;) {
    const code = view.getUint16(at, little), length = view.getUint16(at + 2, little);
    if (code === OPTION.end || at + 4 + length > end) break;
    found.push({ code, value: bytes.subarray(at + 4, at + 4 + length) });
    at += 4 + (length + 3 & ~3);
  }
  return found;
}

const textOf = (value: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(value);
const optional = (list: readonly Option[], code: number): Uint8Array | undefined => list.find(option => option.code === code)?.value;

function interfaceOf(list: readonly Option[], linkType: number): CaptureInterface {
  const name = optional(list, OPTION.interface.name), description = optional(list, OPTION.interface.description);
  return { name: name ? textOf(name) : '', linkType, ...(description && { description: textOf(description) }) };
}

/** A resolution is a power of ten, or of two where the highest bit is set. */
function clockOf(list: readonly Option[], { index, snapBytes }: Pick<Clock, 'index' | 'snapBytes'>, little: boolean): Clock {
  const resolution = optional(list, OPTION.interface.timeResolution)?.[0] ?? MICROSECONDS;
  const offset = optional(list, OPTION.interface.timeOffset);
  const perSecond = resolution & 0x80 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);
  const offsetNs = offset?.length === 8 ? new DataView(offset.buffer, offset.byteOffset).getBigInt64(0, little) * 1_000_000_000n : 0n;
  return { index, snapBytes, offsetNs, toNs: units => units * 1_000_000_000n / perSecond };
}

function beyond(kept: number, onWire: number): { readonly wireBytes?: number } {
  return onWire > kept ? { wireBytes: onWire } : {};
}

function said(list: readonly Option[], little: boolean): Pick<CapturedPacket, 'direction' | 'comments'> {
  const flags = optional(list, OPTION.packet.flags);
  const direction = flags?.length === 4 ? [undefined, 'inbound' as const, 'outbound' as const][new DataView(flags.buffer, flags.byteOffset).getUint32(0, little) & 3] : undefined;
  const comments = list.filter(option => option.code === OPTION.comment).map(option => textOf(option.value));
  return { ...(direction && { direction }), ...(comments.length > 0 && { comments }) };
}
