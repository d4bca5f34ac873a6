// pcapng, as the IETF draft (draft-ietf-opsawg-pcapng) writes it: numbers of blocks and options, and what a capture is as data. Writing is
// write.ts, reading read.ts.
//
//     block    u32 type · u32 length of all · body, padded to 4 bytes · u32 length of all
//     option   u16 code · u16 length · value, padded to 4 bytes;  code 0 ends them

export const BLOCK = { section: 0x0a0d_0d0a, interface: 1, simplePacket: 3, enhancedPacket: 6 } as const;
export const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;
export const OPTION = {
  end: 0, comment: 1,
  section: { application: 4 },
  interface: { name: 2, description: 3, timeResolution: 9, timeOffset: 14 },
  packet: { flags: 2 },
} as const;
export const LINKTYPE_ETHERNET = 1;
/** Least significant bits of a packet's flags. */
export const DIRECTION = { inbound: 1, outbound: 2 } as const;

export interface CaptureInterface {
  readonly name: string;
  readonly description?: string;
  readonly linkType: number;
}

export interface CapturedPacket {
  /** Index of the interface in the capture. */
  readonly interface: number;
  /** Since 1970. */
  readonly timeNs: bigint;
  /** From the link header on. */
  readonly frame: Uint8Array;
  /** Bytes on the wire, where fewer were kept. */
  readonly wireBytes?: number;
  readonly direction?: keyof typeof DIRECTION;
  readonly comments?: readonly string[];
}

export interface Capture {
  readonly interfaces: readonly CaptureInterface[];
  readonly packets: readonly CapturedPacket[];
}
