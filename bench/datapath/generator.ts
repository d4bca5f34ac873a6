// The programs of a flood: the generator at the sender, which counts through the flows, and at the receiver a sink that counts and drops, or a mirror
// that answers every datagram, so that what tracks connections takes the flows for open.

import { assemble } from '../../src/isa/assemble.ts';
import { encode } from '../../src/isa/encode.ts';
import type { Insn } from '../../src/isa/insn.ts';
import { TCX } from '../../src/kernel/tcx.ts';

/** A power of two: by the source port of UDP, from FIRST_PORT on. */
export const FLOWS = 1024;
const FIRST_PORT = 20_000;
const REDIRECT = 23;
const XDP_DROP = 1;

const HEADERS_BYTES = 42;

/**
 * XDP. `count`: an array of one u64. Pages of frames come back with what the path made of them (addresses, TTL), so headers are written anew: those of
 * `frame`, Ethernet, IPv4 and UDP.
 */
export function generator(ifindex: number, count: number, frame: Uint8Array): Uint8Array {
  const headers = new DataView(frame.buffer, frame.byteOffset, HEADERS_BYTES);
  const words = Array.from({ length: HEADERS_BYTES >> 2 }, (_, i) => `stw [%r2+${4 * i}], ${headers.getInt32(4 * i, true)}`).join('\n');
  return encode([...firstValue(count), ...assembled(`
    ldxw %r2, [%r1+0]
    ldxw %r3, [%r1+4]
    mov %r4, %r2
    add %r4, ${HEADERS_BYTES}
    jgt %r4, %r3, short
    ${words}
    sth [%r2+40], ${headers.getInt16(40, true)}
    ldxdw %r4, [%r5+0]
    add %r4, 1
    stxdw [%r5+0], %r4
    and %r4, ${FLOWS - 1}
    add %r4, ${FIRST_PORT}
    be16 %r4
    stxh [%r2+34], %r4
    mov32 %r1, ${ifindex}
    mov32 %r2, 0
    call ${REDIRECT}
    exit
  short:
    mov32 %r0, ${XDP_DROP}
    exit`)]);
}

/** tcx. `count`: an array of one u64. */
export function sink(count: number): Uint8Array {
  return encode([...firstValue(count), ...assembled(`
    ldxdw %r2, [%r5+0]
    add %r2, 1
    stxdw [%r5+0], %r2
    mov32 %r0, ${TCX.DROP}
    exit`)]);
}

/** tcx: IPv4 UDP back to where it came from. */
export function mirror(ifindex: number): Uint8Array {
  const swap = (size: 'w' | 'h', a: number, b: number): string => `
    ldx${size} %r4, [%r2+${a}]
    ldx${size} %r5, [%r2+${b}]
    stx${size} [%r2+${a}], %r5
    stx${size} [%r2+${b}], %r4`;
  return encode(assembled(`
    ldxw %r2, [%r1+76]
    ldxw %r3, [%r1+80]
    mov %r4, %r2
    add %r4, 42
    jgt %r4, %r3, other
    ldxh %r4, [%r2+12]
    jne %r4, 0x0008, other
    ldxb %r4, [%r2+23]
    jne %r4, 17, other
    ${swap('w', 0, 6)}
    ${swap('h', 4, 10)}
    ${swap('w', 26, 30)}
    ${swap('h', 34, 36)}
    mov32 %r1, ${ifindex}
    mov32 %r2, 0
    call ${REDIRECT}
    exit
  other:
    mov32 %r0, ${TCX.NEXT}
    exit`));
}

/** r5 = address of the map's first value. */
function firstValue(map: number): readonly Insn[] {
  return [{ kind: 'wide-value', dst: 5, map, offset: 0 }];
}

function assembled(text: string): readonly Insn[] {
  const result = assemble(text);
  if (!result.ok) throw new Error(result.errors.map(e => `${e.line}: ${e.message}`).join('; '));
  return result.insns;
}
