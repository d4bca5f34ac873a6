// A sequence on each reading of it: WebAssembly, interpreter and, as root, the kernel. Each keeps its maps from sequence to sequence and puts
// them back to what they held at first: making maps costs more than running programs.

import type { LiveMap } from '../../src/image/live-map.ts';
import { encode } from '../../src/isa/encode.ts';
import type { Insn } from '../../src/isa/insn.ts';
import { createMap } from '../../src/kernel/map.ts';
import { loadProgram, type KernelProgram } from '../../src/kernel/program.ts';
import { ProgramRefused } from '../../src/kernel/refusal.ts';
import { testRun } from '../../src/kernel/test-run.ts';
import type { Implementation } from '../../src/vm/loaders.ts';
import { createVm, type Vm, type VmProgram } from '../../src/vm/vm.ts';
import { contents, key, MAP, MAP_SPECS, reset } from './maps.ts';
import type { Sequence } from './random-sequence.ts';

export type Read =
  | { readonly kind: 'ran'; readonly verdict: number; readonly packet: string; readonly cb: string; readonly maps: readonly string[] }
  /** Faults by kind and slot: how a helper function's argument is told is its caller's. */
  | { readonly kind: 'refused' | 'fault'; readonly reason: string };

export interface Reading {
  readonly name: string;
  read(sequence: Sequence): Read;
}

// Maps for each hook: the first program that a prog array holds makes it one of its hook.

/** Makes a program's maps those of an engine. */
function code(insns: readonly Insn[], handle: (map: number) => number): Uint8Array {
  return encode(insns.map(insn => insn.kind === 'wide-map' || insn.kind === 'wide-value' ? { ...insn, map: handle(insn.map) } : insn));
}

/** Index 0 leads to the last program, 1 to the first, 2 to none. */
function fill(array: LiveMap, handles: readonly number[]): void {
  array.update(key(0), key(handles.at(-1)!));
  array.update(key(1), key(handles[0]!));
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const words = (cb: readonly number[]): string => cb.map(word => (word >>> 0).toString(16)).join(' ');

/** Enough for whatever the verifier accepts, and soon over for what it does not. */
const FUEL = 5000;

export function vmReading(name: Implementation): Reading {
  const vm = createVm({ implementation: name, fuel: FUEL });
  const make = () => MAP_SPECS.map(spec => vm.createMap(spec));
  const of = { tc: make(), xdp: make() };
  return {
    name,
    read({ hook, programs, frame }) {
      const maps = of[hook];
      reset(maps);
      const loaded: (VmProgram<'tc'> | VmProgram<'xdp'>)[] = [];
      try {
        for (const insns of programs) {
          const one = vm.load({ name: 'sequence', hook, code: code(insns, map => maps[map]?.handle ?? map) });
          if (!one.ok) return { kind: 'refused', reason: `slot ${one.refusal.slot}: ${one.refusal.reason}` };
          loaded.push(one.value as VmProgram<'tc'> | VmProgram<'xdp'>);
        }
        fill(maps[MAP.programs]!, loaded.map(p => p.handle));
        const ran = loaded[0]!.run({ frame, cb: [1, 2, 3, 4, 5] } as never);
        if (!ran.ok) return { kind: 'fault', reason: ran.fault.kind === 'fuel' ? 'fuel' : `${ran.fault.kind} at slot ${ran.fault.slot}` };
        const { returnCode, frame: packet, cb } = ran.value as { returnCode: number; frame: Uint8Array; cb?: readonly number[] };
        return { kind: 'ran', verdict: returnCode >>> 0, packet: hex(packet), cb: words(cb ?? []), maps: contents(maps) };
      } finally {
        for (const one of loaded) one.close();
        for (const i of [0, 1]) maps[MAP.programs]!.delete(key(i));
      }
    },
  };
}

const SKB_BYTES = 192, CB = 48;

export function kernelReading(): Reading & Disposable {
  const make = (): ReturnType<typeof createMap>[] => MAP_SPECS.map(spec => createMap(spec));
  const of = { tc: make(), xdp: make() };
  return {
    name: 'kernel',
    read({ hook, programs, frame }) {
      const maps = of[hook];
      reset(maps);
      const loaded: KernelProgram[] = [];
      try {
        for (const insns of programs) loaded.push(loadProgram({ name: 'sequence', hook, code: code(insns, map => maps[map]?.fd ?? map) }));
        fill(maps[MAP.programs]!, loaded.map(p => p.fd));
        const context = new Uint8Array(SKB_BYTES);
        context.set(new Uint8Array(Uint32Array.of(1, 2, 3, 4, 5).buffer), CB);
        const ran = testRun(loaded[0]!, { packet: frame, ...(hook === 'tc' && { context }) });
        const cb = hook === 'xdp' ? [] : [...new Uint32Array(ran.context.slice(CB, CB + 20).buffer)];
        return { kind: 'ran', verdict: ran.verdict >>> 0, packet: hex(ran.packet), cb: words(cb), maps: contents(maps) };
      } catch (error) {
        if (error instanceof ProgramRefused) return { kind: 'refused', reason: error.reason };
        throw error;
      } finally {
        for (const i of [0, 1]) maps[MAP.programs]!.delete(key(i));
        for (const one of loaded) one.close();
      }
    },
    [Symbol.dispose]() { for (const map of [...of.tc, ...of.xdp]) map.close(); },
  };
}

export const BAD_FUEL = 1000;
export const BAD_MEMORY = Uint8Array.from({ length: 64 }, (_, i) => i * 7);

/** `fuel` where it ran out: how much a run has is each one's own. */
export function becameOf(vm: Vm, code: Uint8Array): string {
  const loaded = vm.load({ name: 'bad', hook: 'memory', code });
  if (!loaded.ok) return 'refused';
  const ended = loaded.value.run(BAD_MEMORY);
  loaded.value.close();
  if (ended.ok) return `r0 ${ended.value.result} memory ${Buffer.from(ended.value.memory).toString('hex')}`;
  return ended.fault.kind === 'fuel' ? 'fuel' : `${ended.fault.kind} at slot ${ended.fault.slot}`;
}
