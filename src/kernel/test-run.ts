// PROG_TEST_RUN: a loaded program on one packet of ours, without a device. Nothing leaves the machine.

import { Attr, bpf } from './command.ts';
import type { KernelProgram } from './program.ts';

/** The kernel refuses shorter packets. */
export const LEAST_PACKET_BYTES = 14;
/** What a program may add to a packet where nothing else is said: an answer that is longer than its question. */
const ROOM_BYTES = 1024;

export interface TestRunInput {
  /** At least 14 bytes. */
  readonly packet: Uint8Array;
  /** struct __sk_buff or xdp_md; fields that the kernel does not take must be zero. */
  readonly context?: Uint8Array;
  /** Runs; the packet is NOT restored between them. */
  readonly repeat?: number;
  /** Room for the packet afterwards. */
  readonly mostBytes?: number;
  readonly flags?: number;
}

export interface TestRunOutput {
  /** What the last run returned. */
  readonly verdict: number;
  readonly packet: Uint8Array;
  /** The context afterwards, where one was given. */
  readonly context: Uint8Array;
  /** Mean of a run. */
  readonly durationNs: number;
}

/** BPF_F_TEST_XDP_LIVE_FRAMES: the frames really go where the program sends them. */
export const LIVE_FRAMES = 2;

/** @throws SysError */
export function testRun(program: KernelProgram, input: TestRunInput): TestRunOutput {
  const live = ((input.flags ?? 0) & LIVE_FRAMES) !== 0;
  const packet = new Uint8Array(live ? 0 : input.mostBytes ?? input.packet.byteLength + ROOM_BYTES);
  const context = new Uint8Array(live ? 0 : input.context?.byteLength ?? 0);
  const attr = new Attr(80)
    .u32(0, program.fd)
    .u32(8, input.packet.byteLength).pointer(16, input.packet)
    .u32(12, packet.byteLength).pointer(24, packet)
    .u32(32, input.repeat ?? 1)
    .u32(64, input.flags ?? 0);
  if (input.context) attr.u32(40, input.context.byteLength).pointer(48, input.context).u32(44, context.byteLength).pointer(56, context);
  bpf('PROG_TEST_RUN', attr, program.name);
  return {
    verdict: attr.readU32(4) | 0,
    packet: packet.subarray(0, attr.readU32(12)),
    context: context.subarray(0, attr.readU32(44)),
    durationNs: attr.readU32(36),
  };
}
