// The C file's eBPF, by clang -target bpf, in the user-space engine.

import type { ObjectSpec } from '../../src/image/elf/object.ts';
import { assemble } from '../../src/isa/assemble.ts';
import { encode } from '../../src/isa/encode.ts';
import { loadObject } from '../../src/vm/load-object.ts';
import { createVm, type VmOptions, type VmProgram } from '../../src/vm/vm.ts';
import type { Sent } from '../compiler/subject.ts';
import { padded, type EngineSide, type Filled } from './side.ts';

/** About as long for each: the first round has compiled the code by then, whatever tier it began in. */
const MEASURED_MS = 60;
const WARM_RUNS = 20_000;

/** @throws Error  the vm refuses the object */
export function vmSide(name: string, spec: ObjectSpec, filled: readonly Filled[], options: VmOptions): EngineSide {
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
    once(sent) {
      const ran = of(sent).run(input(sent));
      if (!ran.ok) throw new Error(`${name}: ${ran.fault.reason}`);
      return { result: ran.value.returnCode >>> 0, frame: ran.value.frame };
    },
    time(sent) {
      const warm = runs(of(sent), sent, WARM_RUNS);
      const times = Math.max(1, Math.round(MEASURED_MS * 1e6 / warm));
      runs(empty.value, sent, times >> 2 || 1);
      const first = runs(empty.value, sent, times);
      const ns = runs(of(sent), sent, times);
      return ns - (first + runs(empty.value, sent, times)) / 2;
    },
    [Symbol.dispose]() { loaded.value.close(); empty.value.close(); },
  };
}
