// Netlink attributes: type, length and value, nested (kernel: include/uapi/linux/netlink.h). They know no meaning of any type.
//
//     0..1    2..3                                4..
//     length  type | NESTED 0x8000 | NET 0x4000   value, filled with zeros to a multiple of 4; the length does not count the filling

export interface Attribute {
  readonly type: number;
  readonly value: Uint8Array;
}

const HEADER_BYTES = 4;
const NESTED = 0x8000;
const TYPE_MASK = 0x3fff;

const align = (bytes: number): number => (bytes + 3) & ~3;

export const attribute = {
  bytes: (type: number, value: Uint8Array): Attribute => ({ type, value }),
  /** Its presence is its value. */
  flag: (type: number): Attribute => ({ type, value: new Uint8Array(0) }),
  u8: (type: number, value: number): Attribute => ({ type, value: Uint8Array.of(value) }),
  u16: (type: number, value: number): Attribute => ({ type, value: Uint8Array.of(value & 0xff, value >>> 8) }),
  u32: (type: number, value: number): Attribute => ({ type, value: Uint8Array.of(value & 0xff, value >>> 8 & 0xff, value >>> 16 & 0xff, value >>> 24) }),
  /** Network order. */
  be16: (type: number, value: number): Attribute => ({ type, value: Uint8Array.of(value >>> 8, value & 0xff) }),
  /** With its ending zero. */
  text: (type: number, value: string): Attribute => ({ type, value: new TextEncoder().encode(`${value}\0`) }),
  nested: (type: number, inner: readonly Attribute[]): Attribute => ({ type: type | NESTED, value: encodeAttributes(inner) }),
} as const;

export function encodeAttributes(attributes: readonly Attribute[]): Uint8Array {
  const bytes = new Uint8Array(attributes.reduce((sum, a) => sum + align(HEADER_BYTES + a.value.byteLength), 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { type, value } of attributes) {
    view.setUint16(at, HEADER_BYTES + value.byteLength, true);
    view.setUint16(at + 2, type, true);
    bytes.set(value, at + HEADER_BYTES);
    at += align(HEADER_BYTES + value.byteLength);
  }
  return bytes;
}

/** By type without its marks; of a type that comes twice, the last. What does not fit ends the reading: it is left out. */
export function decodeAttributes(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + HEADER_BYTES <= bytes.byteLength;) {
    const length = view.getUint16(at, true);
    if (length < HEADER_BYTES || at + length > bytes.byteLength) break;
    found.set(view.getUint16(at + 2, true) & TYPE_MASK, bytes.subarray(at + HEADER_BYTES, at + length));
    at += align(length);
  }
  return found;
}

/** Little-endian; undefined where the value is absent or too short. */
export function readU32(value: Uint8Array | undefined, offset = 0): number | undefined {
  return value && value.byteLength >= offset + 4 ? new DataView(value.buffer, value.byteOffset).getUint32(offset, true) : undefined;
}

export function readU64(value: Uint8Array | undefined, offset = 0): bigint | undefined {
  return value && value.byteLength >= offset + 8 ? new DataView(value.buffer, value.byteOffset).getBigUint64(offset, true) : undefined;
}

/** Up to its ending zero. */
export function readText(value: Uint8Array | undefined): string | undefined {
  if (!value) return undefined;
  const end = value.indexOf(0);
  return new TextDecoder().decode(end < 0 ? value : value.subarray(0, end));
}
