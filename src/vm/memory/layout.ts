// Where things lie in the one linear memory of a vm. Addresses are i32 and stay below 2^31, so that they are never negative.
//
//     0x00000  null page: also map handles, which are small numbers, point here
//     0x10000  control words, written by the engine, read by checks
//     0x10100  context: struct __sk_buff or struct xdp_md
//     0x11000  stack: 8 frames of 512 bytes, growing down
//     0x20000  packet: headroom, frame, tailroom
//     0x50000  a byte for each page of the memory: 1, if programs may write there
//     0x60000  maps, up to the end: values that programs write, and on other pages what only the engine writes
//
// Between regions lie bytes that belong to nobody: an overrun meets them before it meets a neighbour.

export const PAGE_BYTES = 0x10000;
/** Just under 2 GiB. */
export const MAX_PAGES = 0x7fff;

/** Control words, i32 each: what an access may touch now. */
export const CONTROL = { packetStart: 0x10000, packetEnd: 0x10004, mapsEnd: 0x10008, /** The last legacy load found the packet too short. */ short: 0x1000c } as const;

/** 16 bytes for a helper function's own use. */
export const SCRATCH = 0x10010;

export const CONTEXT = 0x10100;
export const CONTEXT_MAX_BYTES = 0x100;

export const FRAME_BYTES = 512;
export const STACK = { low: 0x11000, high: 0x11000 + 8 * FRAME_BYTES } as const;

export const PACKET = { low: 0x20000, high: 0x50000 } as const;
/** Bytes before a frame as it comes in: more than any program may push. */
export const HEADROOM_BYTES = 0x2000;
export const MAX_FRAME_BYTES = 0x20000;

/** Of maps: by page. */
export const WRITABLE = 0x50000;

export const MAPS = 0x60000;
