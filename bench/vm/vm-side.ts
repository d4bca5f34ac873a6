// The C file's eBPF, by clang -target bpf, in the user-space engine.

import type { ObjectSpec } from '../../src/image/elf/object.ts';
import { assemble } from '../../src/isa/assemble.ts';
import { encode } from '../../src/isa/encode.ts';
import { loadObject } from '../../src/vm/load-object.ts';
import { createVm, type VmOptions, type VmProgram } from '../../src/vm/vm.ts';
import type { Sent } from '../compiler/subject.ts';
import { median } from '../measurement.ts';
import { padded, type EngineSide, type Filled } from './side.ts';

/** Of the empty program and of the other in turn: what disturbs one block, the median leaves out. */
const BLOCKS = 15, BLOCK_MS = 5;
/** Before the first round: by then the engine has compiled the code anew, in the background and as well as it can. */
const WARM_MS = 600;
const PROBE_RUNS = 2_000;

export interface VmSide extends EngineSide {
  /** That a packet's way takes, counted one by one; of the interpreter only. */
  instructions(sent: Sent): number;
}

/** @throws Error  the vm refuses the object */
export function vmSide(name: string, spec: ObjectSpec, filled: readonly Filled[], options: VmOptions): VmSide {
  let jiffies = 1000;
  const hz = 250;
  const vm = createVm({ ...options, nowNs: () => jiffies * 1e9 / hz, hz });
  const loaded = loadObject(vm, spec);
  if (!loaded.ok) throw new Error(`${name}: ${loaded.refusal.place}: ${loaded.refusal.reason}`);
  const { maps, programs } = loaded.value;
  for (const { map, entries } of filled) {
    const live = maps.get(map);
    if (live === undefined) throw new Error(`the C file has no map ${map}`);
    for (const [key, value] of entries) live.update(padded(key, live.keyBytes), padded(value, live.valueBytes));
  }
  const nothing = assemble('ldxw %r0, [%r1+0]\nexit');
  if (!nothing.ok) throw new Error('the empty program');
  const empty = vm.load({ name: 'empty', hook: 'tc', code: encode(nothing.insns) });
  if (!empty.ok) throw new Error(empty.refusal.reason);

  const warm = new Set<VmProgram<'tc'>>();
  const input = ({ frame, port = 0 }: Sent) => ({ frame, cb: [port, 0, 0, 0, 0], protocol: frame[12]! << 8 | frame[13]! });
  const of = ({ entry }: Sent): VmProgram<'tc'> => programs.get(`entry_${entry}`) as VmProgram<'tc'>;
  const runs = (program: VmProgram<'tc'>, sent: Sent, times: number): number => {
    jiffies++;
    const start = performance.now();
    const ran = program.repeat(input(sent), times);
    if (!ran.ok) throw new Error(`${name}: ${ran.fault.reason}`);
    return (performance.now() - start) * 1e6 / times;
  };
  return {
    name,
    instructions(sent) {
      const stepping = of(sent).debug(input(sent));
      let count = 1;
      while (stepping.step() === undefined) count++;
      return count;
    },
    once(sent) {
      const ran = of(sent).run(input(sent));
      if (!ran.ok) throw new Error(`${name}: ${ran.fault.reason}`);
      return { result: ran.value.returnCode >>> 0, frame: ran.value.frame };
    },
    time(sent) {
      for (const program of [of(sent), empty.value]) {
        for (const start = performance.now(); !warm.has(program) && performance.now() - start < WARM_MS;) runs(program, sent, PROBE_RUNS);
        warm.add(program);
      }
      const times = Math.max(1, Math.round(BLOCK_MS * 1e6 / runs(of(sent), sent, PROBE_RUNS)));
      const blocks = Array.from({ length: BLOCKS }, () => [runs(empty.value, sent, times), runs(of(sent), sent, times)] as const);
      return median(blocks.map(([, ns]) => ns)) - median(blocks.map(([ns]) => ns));
    },
    [Symbol.dispose]() { loaded.value.close(); empty.value.close(); },
  };
}
