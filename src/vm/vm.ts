// The user-space engine: maps and programs that share one linear memory. Single-threaded, one CPU; a run never waits and never throws
// for what a program does. It knows no devices: what a program asks of the network is handed back as effects.

import { callByNumber } from './calls/by-number.ts';
import type { Machine, World } from './calls/machine.ts';
import { HELPERS } from './calls/table.ts';
import { badAccess, ProgramFault, type Fault } from './fault.ts';
import { HOOKS, type HookName } from './hooks/hook.ts';
import { beginTc, endTc, type TcInput, type TcOutput } from './hooks/tc.ts';
import { beginXdp, endXdp, type XdpInput, type XdpOutput } from './hooks/xdp.ts';
import { createMap } from './maps/create.ts';
import type { MapSpec, VmMap } from './maps/map.ts';
import { ProgArrayMap } from './maps/prog-array.ts';
import type { RingbufMap } from './maps/ringbuf.ts';
import { Arena } from './memory/arena.ts';
import { CONTEXT } from './memory/layout.ts';
import { Memory } from './memory/memory.ts';
import { Packet } from './packet/packet.ts';
import { instantiate, type Loaded } from './program.ts';
import { Runner, type Ended } from './run.ts';
import type { Checks } from './translate/function.ts';
import type { Checked } from './translate/refusal.ts';
import { translate } from './translate/translate.ts';

export interface VmOptions extends Partial<World> {
  /** How accesses are checked; default `regions`. */
  readonly checks?: Checks;
  /** Rounds of loops that one program may go, in one run; default 8 million. */
  readonly fuel?: number;
}

export interface LoadOptions<H extends HookName> {
  readonly name: string;
  readonly hook: H;
  /** Relocated: BPF_PSEUDO_MAP_FD and BPF_PSEUDO_MAP_VALUE with handles of this vm's maps. */
  readonly code: Uint8Array;
}

export type RunResult<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault; /** The one that failed, after tail calls. */ readonly program: string };

interface Runs {
  readonly tc: { readonly input: TcInput; readonly output: TcOutput };
  readonly xdp: { readonly input: XdpInput; readonly output: XdpOutput };
  /** r0, unsigned, and the memory that r1 pointed to. */
  readonly memory: { readonly input: Uint8Array; readonly output: { readonly result: bigint; readonly memory: Uint8Array } };
}

export interface VmProgram<H extends HookName> {
  readonly name: string;
  readonly hook: H;
  /** What prog arrays hold, as a u32. */
  readonly handle: number;
  run(input: Runs[H]['input']): RunResult<Runs[H]['output']>;
  /** Runs it so often, each time on the packet as it came in, and gives what the last run gave: for measuring. Ends at a fault. */
  repeat(input: Runs[H]['input'], times: number): RunResult<Runs[H]['output']>;
  /** Its handle is no longer good; arrays that hold it keep it. */
  close(): void;
}

export interface Vm {
  /** Throws a MapError where the kernel too refuses such a map, or memory is at its limit (2 GiB in all). */
  createMap(spec: MapSpec & { readonly type: 'RINGBUF' }): RingbufMap;
  /** `innerMap`: one like those that a map of maps is to hold; without it, one is made of `spec.inner` to see. */
  createMap(spec: MapSpec, options?: { readonly innerMap?: VmMap }): VmMap;
  load<H extends HookName>(options: LoadOptions<H>): Checked<VmProgram<H>>;
}

const DEFAULT_FUEL = 8_000_000;
export const DEFAULT_HZ = 250;

export function createVm(options: VmOptions = {}): Vm {
  const memory = new Memory();
  const store = { memory, arena: new Arena(memory) };
  const packet = new Packet(memory);
  const maps = new Map<number, VmMap>();
  const programs = new Map<number, Loaded>();
  const world: World = {
    nowNs: options.nowNs ?? (() => 0), random: options.random ?? (() => 0), mtuOf: options.mtuOf ?? (() => 1500), hz: options.hz ?? DEFAULT_HZ,
  };
  const runner = new Runner(memory, options.fuel ?? DEFAULT_FUEL, (map, index) => {
    const array = maps.get(map);
    return array instanceof ProgArrayMap ? array.programAt(index) : undefined;
  });
  const imports = importsFor({ memory, world, maps, packet }, runner);
  let lastMap = 0;
  let lastProgram = 0;

  return {
    createMap(spec: MapSpec, { innerMap }: { readonly innerMap?: VmMap } = {}) {
      if (spec.inner && !innerMap) {
        const like = this.createMap(spec.inner);
        try {
          return this.createMap(spec, { innerMap: like }) as RingbufMap;
        } finally {
          like.close();
        }
      }
      const map = createMap(spec, ++lastMap, store, { programOf: handle => programs.get(handle), mapOf: handle => maps.get(handle) }, innerMap);
      map.onGone = () => { maps.delete(map.handle); };
      maps.set(map.handle, map);
      // The type of the map follows from the type that was asked for.
      return map as RingbufMap;
    },
    load({ name, hook, code }) {
      const translated = translate(code, { hook: HOOKS[hook], checks: options.checks ?? 'regions', maps: addresses(maps) });
      if (!translated.ok) return translated;
      const loaded = instantiate(translated.value.wasm, imports, { name, hook, handle: ++lastProgram });
      programs.set(loaded.handle, loaded);
      runner.reserve(translated.value.stackBytes);
      return {
        ok: true,
        value: {
          name, hook, handle: loaded.handle,
          run: input => runIn(loaded, input, packet, runner) as RunResult<never>,
          repeat: (input, times) => repeatIn(loaded, input, times, packet, runner) as RunResult<never>,
          close: () => { programs.delete(loaded.handle); },
        },
      };
    },
  };
}

function runIn(loaded: Loaded, input: unknown, packet: Packet, runner: Runner): RunResult<unknown> {
  return end(loaded, once(loaded, input, packet, runner), packet);
}

function repeatIn(loaded: Loaded, input: unknown, times: number, packet: Packet, runner: Runner): RunResult<unknown> {
  let ended = once(loaded, input, packet, runner);
  for (let i = 1; i < times && ended.ok; i++) ended = once(loaded, input, packet, runner);
  return end(loaded, ended, packet);
}

function once(loaded: Loaded, input: unknown, packet: Packet, runner: Runner): Ended {
  switch (loaded.hook) {
    case 'tc': beginTc(input as TcInput, packet); return runner.run(loaded, CONTEXT, 0);
    case 'xdp': beginXdp(input as XdpInput, packet); return runner.run(loaded, CONTEXT, 0);
    case 'memory': packet.begin('memory', input as Uint8Array); return runner.run(loaded, packet.data, packet.length);
  }
}

function end(loaded: Loaded, ended: Ended, packet: Packet): RunResult<unknown> {
  if (!ended.ok) return ended;
  switch (loaded.hook) {
    case 'tc': return { ok: true, value: endTc(ended.low, packet) };
    case 'xdp': return { ok: true, value: endXdp(ended.low, packet) };
    case 'memory': return { ok: true, value: { result: BigInt(ended.high >>> 0) << 32n | BigInt(ended.low >>> 0), memory: packet.frame() } };
  }
}

function addresses(maps: ReadonlyMap<number, VmMap>): Parameters<typeof translate>[1]['maps'] {
  return {
    has: handle => maps.has(handle),
    valueAddress(handle, offset) {
      const map = maps.get(handle);
      const base = map?.valueBase();
      return map !== undefined && base !== undefined && offset >= 0 && offset < map.valueBytes ? base + offset : undefined;
    },
  };
}

function importsFor(machine: Machine, runner: Runner): Record<string, WebAssembly.ImportValue> {
  const helpers = new Map([...HELPERS].map(([id, definition]) => [id, definition.make(machine)]));
  return {
    memory: machine.memory.wasm,
    accessFault: (slot: number, size: number, write: number, address: bigint) => {
      throw badAccess(BigInt.asUintN(64, address), size, write === 1 ? 'write' : 'read', slot);
    },
    outOfFuel: (slot: number) => { throw new ProgramFault('fuel', 'loops went round, or calls went down, too often', slot); },
    tailCall: (map: number, index: number) => runner.tailCall(map, index),
    callByNumber: callByNumber(HELPERS, helpers, 'memory', number => { throw new ProgramFault('call', `there is no helper function ${number}`); }),
    ...Object.fromEntries([...helpers].map(([id, body]) => [`helper ${id}`, body])),
  };
}
