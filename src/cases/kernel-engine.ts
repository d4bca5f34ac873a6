// Packet cases in the kernel, by PROG_TEST_RUN: nothing leaves the machine, no device is made. Its clock cannot be moved,
// so waiting makes the entries of expiring maps older instead.

import { STAYS } from '../image/abi.ts';
import { jiffiesClock } from '../kernel/jiffies.ts';
import { mapSpecOf } from '../kernel/map-types.ts';
import { createMap, type KernelMap } from '../kernel/map.ts';
import { loadProgram, type KernelProgram } from '../kernel/program.ts';
import { RingBuffer } from '../kernel/ring-buffer.ts';
import { testRun } from '../kernel/test-run.ts';
import type { CaseEngine, CaseMap } from './engine.ts';

/** struct __sk_buff up to cb's end: the kernel takes a shorter context for zeros behind. */
const CONTEXT_BYTES = 192;
const CB_AT = 48;

/** @throws SysError  no permission, no memory */
export function kernelEngine(): CaseEngine {
  const clock = jiffiesClock();
  const open: (KernelMap | KernelProgram)[] = [];
  return {
    hz: clock.hz,
    createMap(decl) {
      const live = createMap(mapSpecOf(decl));
      open.push(live);
      return { handle: live.fd, live };
    },
    freeze: ({ live }: CaseMap) => { (live as KernelMap).freeze(); },
    drain({ live }) {
      const records: Uint8Array[] = [];
      using ring = new RingBuffer(live as KernelMap);
      ring.drain(record => { records.push(record.slice()); });
      return records;
    },
    load(program, linked) {
      const loaded = loadProgram({ name: program.name, hook: program.hook, code: linked.code, source: linked });
      open.push(loaded);
      return {
        reference: loaded.fd,
        run(frame, cb) {
          const context = new Uint8Array(CONTEXT_BYTES);
          const view = new DataView(context.buffer);
          for (const [i, word] of cb.entries()) view.setUint32(CB_AT + 4 * i, word, true);
          const { verdict, packet } = testRun(loaded, { packet: frame, ...(program.hook === 'tc' && { context }) });
          return { result: verdict >>> 0, frame: packet };
        },
      };
    },
    wait(seconds, expiring) {
      const jiffies = BigInt(Math.round(seconds * clock.hz));
      for (const { live } of expiring) {
        for (const [key, value] of [...live.entries()]) {
          const view = new DataView(value.buffer, value.byteOffset);
          const expires = view.getBigUint64(0, true);
          if (expires === STAYS) continue;
          view.setBigUint64(0, expires > jiffies ? expires - jiffies : 0n, true);
          live.update(key, value);
        }
      }
    },
    close() {
      for (const one of open) one.close();
      clock.close();
    },
  };
}
