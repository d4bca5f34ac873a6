// The kernel's clock of ticks, as programs see it (helper bpf_jiffies64): what the `expires` of expiring maps is counted in.

import { assemble } from '../isa/assemble.ts';
import { encode } from '../isa/encode.ts';
import { ticksPerSecond } from '../sys/clock.ts';
import { createMap } from './map.ts';
import { loadProgram } from './program.ts';
import { LEAST_PACKET_BYTES, testRun } from './test-run.ts';

export interface JiffiesClock extends Disposable {
  /** Jiffies a second. */
  readonly hz: number;
  /** jiffies64 now; a system call or two, some microseconds. */
  now(): bigint;
  close(): void;
}

const BPF_JIFFIES64 = 118;

/** A program of six instructions that writes the clock to a map, run by hand. @throws SysError */
export function jiffiesClock(): JiffiesClock {
  const map = createMap({ name: 'jiffies', type: 'ARRAY', keyBytes: 4, valueBytes: 8, capacity: 1 });
  try {
    const program = loadProgram({ name: 'jiffies', hook: 'tc', code: readsClockInto(map.fd) });
    const packet = new Uint8Array(LEAST_PACKET_BYTES);
    const key = new Uint8Array(4);
    const value = new Uint8Array(8);
    const view = new DataView(value.buffer);
    const close = () => {
      program.close();
      map.close();
    };
    return {
      hz: ticksPerSecond(),
      now() {
        testRun(program, { packet });
        map.lookupInto(key, value);
        return view.getBigUint64(0, true);
      },
      close,
      [Symbol.dispose]: close,
    };
  } catch (error) {
    map.close();
    throw error;
  }
}

function readsClockInto(mapFd: number): Uint8Array {
  const text = assemble(`
    call ${BPF_JIFFIES64}
    mov %r6, %r0
    mov %r0, 0
    stxdw [%r1+0], %r6
    exit`);
  if (!text.ok) throw new Error(text.errors.map(e => e.message).join('; '));
  // Calls clobber r1, so the value's address is loaded behind the call.
  const insns = [...text.insns.slice(0, 2), { kind: 'wide-value', dst: 1, map: mapFd, offset: 0 } as const, ...text.insns.slice(2)];
  return encode(insns);
}
