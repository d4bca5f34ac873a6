// The user-space engine: maps and programs that share one linear memory. Single-threaded, one CPU; a run never waits and never throws
// for what a program does. It knows no devices: what a program asks of the network is handed back as effects.

import type { SourceLines } from '../image/source-lines.ts';
import type { World } from './calls/machine.ts';
import type { Fault } from './fault.ts';
import type { HookName } from './hooks/hook.ts';
import { beginTc, endTc, type TcInput, type TcOutput } from './hooks/tc.ts';
import { beginXdp, endXdp, type XdpInput, type XdpOutput } from './hooks/xdp.ts';
import { InterpretedProgram } from './interpret/program.ts';
import { Stepping } from './interpret/stepping.ts';
import { defaultImplementation, LOADERS, type Implementation } from './loaders.ts';
import { createMap, type References } from './maps/create.ts';
import type { MapSpec, VmMap } from './maps/map.ts';
import { ProgArrayMap } from './maps/prog-array.ts';
import type { RingbufMap } from './maps/ringbuf.ts';
import { Arena } from './memory/arena.ts';
import { CONTEXT } from './memory/layout.ts';
import { Memory } from './memory/memory.ts';
import { Timers } from './timers.ts';
import { Packet } from './packet/packet.ts';
import type { Loaded } from './program.ts';
import { mapsNamedIn, Programs } from './programs.ts';
import { Runner, type Ended } from './run.ts';
import type { Checks } from './translate/function.ts';
import type { Checked } from './refusal.ts';

export interface VmOptions extends Partial<World> {
  /** Default: `wasm`, where WebAssembly may be made; a page's Content-Security-Policy, for one, may forbid it. */
  readonly implementation?: Implementation;
  /**
   * How accesses are checked; default `regions`. `walked`: as with `memory` where a program is loaded as walked, else by region.
   * The interpreter always checks by region.
   */
  readonly checks?: Checks | 'walked';
  /** What one program may do in one run; default 8 million, each for 32 instructions: exactly in the interpreter, by rounds and calls in WebAssembly. */
  readonly fuel?: number;
}

interface LoadOptions<H extends HookName> {
  readonly name: string;
  readonly hook: H;
  /** Relocated: BPF_PSEUDO_MAP_FD and BPF_PSEUDO_MAP_VALUE with handles of this vm's maps. */
  readonly code: Uint8Array;
  /** For leading faults back to lines. */
  readonly source?: SourceLines;
  /** Whoever made it says that a model of the kernel's verifier found nothing; the vm takes their word, and only if `checks` is `walked`. */
  readonly walked?: boolean;
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
  /** A run step by step, of the interpreter only: one at a time in a vm. Throws in WebAssembly. */
  debug(input: Runs[H]['input']): Stepping<RunResult<Runs[H]['output']>>;
  /** Its handle is no longer good; arrays that hold it keep it. */
  close(): void;
}

export interface Vm {
  /** Throws a MapError where the kernel too refuses such a map, or memory is at its limit (2 GiB in all). */
  createMap(spec: MapSpec & { readonly type: 'RINGBUF' }): RingbufMap;
  /** `innerMap`: one like those that a map of maps is to hold; without it, one is made of `spec.inner` to see. */
  createMap(spec: MapSpec, options?: { readonly innerMap?: VmMap }): VmMap;
  load<H extends HookName>(options: LoadOptions<H>): Checked<VmProgram<H>>;
  /** Runs the callbacks of timers that are due by the world's clock, the longest due first; what faulted. Those that start themselves again for now wait. */
  fireTimers(): readonly { readonly fault: Fault; readonly program: string }[];
  /** When the next timer is due, in the world's nanoseconds; undefined: none is started. */
  readonly nextTimerNs: number | undefined;
}

const DEFAULT_FUEL = 8_000_000;
const INSTRUCTIONS_A_ROUND = 32;
export const DEFAULT_HZ = 250;
const MOST_TIMERS_A_TIME = 4096;

export function createVm(options: VmOptions = {}): Vm {
  const implementation = options.implementation ?? defaultImplementation();
  const fuel = (options.fuel ?? DEFAULT_FUEL) * (implementation === 'wasm' ? 1 : INSTRUCTIONS_A_ROUND);
  const memory = new Memory();
  const timers = new Timers();
  const store = { memory, arena: new Arena(memory), timers };
  const packet = new Packet(memory);
  const maps = new Map<number, VmMap>();
  const programs = new Programs();
  const world: World = {
    nowNs: options.nowNs ?? (() => 0), random: options.random ?? (() => 0), mtuOf: options.mtuOf ?? (() => 1500), hz: options.hz ?? DEFAULT_HZ,
    fib: options.fib ?? (() => ({ kind: 'not-forwarded' })),
  };
  const runner = new Runner(memory, fuel, (map, index) => {
    const array = maps.get(map);
    return array instanceof ProgArrayMap ? array.programAt(index) : undefined;
  });
  const load = LOADERS[implementation]({ memory, world, maps, packet, timers, running: () => runner.running(), callback: (fn, ...registers) => runner.callback(fn, ...registers) }, runner);
  const checks = options.checks ?? 'regions';
  const references: References = {
    programs, mapOf: handle => maps.get(handle), deviceIsThere: ifindex => world.mtuOf(ifindex) !== undefined,
  };
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
      const map = createMap(spec, ++lastMap, store, references, innerMap);
      map.onGone = () => { maps.delete(map.handle); };
      maps.set(map.handle, map);
      // The type of the map follows from the type that was asked for.
      return map as RingbufMap;
    },
    get nextTimerNs() { return timers.nextNs; },
    fireTimers() {
      const faults: { readonly fault: Fault; readonly program: string }[] = [];
      const nowNs = world.nowNs();
      for (let most = MOST_TIMERS_A_TIME; most > 0; most--) {
        const timer = timers.take(nowNs);
        if (timer?.callback === undefined) break;
        timers.running = timer;
        const { program, slot } = timer.callback;
        const ended = runner.runAlone(program, slot, timer.map.handle, timer.map.keyOf(timer.value), timer.value);
        timers.running = undefined;
        if (!ended.ok) faults.push({ fault: ended.fault, program: ended.program });
      }
      return faults;
    },
    load({ name, hook, code, source, walked = false }) {
      const made = load(code, { name, hook, handle: ++lastProgram, source }, checks === 'walked' ? (walked ? 'memory' : 'regions') : checks);
      if (!made.ok) return made;
      const loaded = made.value;
      programs.add(loaded, [...mapsNamedIn(code)].map(handle => maps.get(handle)!));
      runner.reserve(loaded.stackBytes);
      return {
        ok: true,
        value: {
          name, hook, handle: loaded.handle,
          run: input => end(loaded, once(loaded, input, packet, runner), packet) as RunResult<never>,
          repeat: (input, times) => end(loaded, often(loaded, input, times, packet, runner), packet) as RunResult<never>,
          debug(input) {
            if (!(loaded instanceof InterpretedProgram)) throw new Error('only the interpreter goes step by step');
            begin(loaded, input, packet);
            return new Stepping(loaded, runner, r1Of(loaded, packet), r2Of(loaded, packet), ended => end(loaded, ended, packet) as RunResult<never>);
          },
          close: () => { programs.close(loaded); },
        },
      };
    },
  };
}
function often(loaded: Loaded, input: unknown, times: number, packet: Packet, runner: Runner): Ended {
  let ended = once(loaded, input, packet, runner);
  for (let i = 1; i < times && ended.ok; i++) ended = once(loaded, input, packet, runner);
  return ended;
}

function once(loaded: Loaded, input: unknown, packet: Packet, runner: Runner): Ended {
  begin(loaded, input, packet);
  return runner.run(loaded, r1Of(loaded, packet), r2Of(loaded, packet));
}

function begin(loaded: Loaded, input: unknown, packet: Packet): void {
  switch (loaded.hook) {
    case 'tc': beginTc(input as TcInput, packet); return;
    case 'xdp': beginXdp(input as XdpInput, packet); return;
    case 'memory': packet.begin('memory', input as Uint8Array);
  }
}

const r1Of = ({ hook }: Loaded, packet: Packet): number => hook === 'memory' ? packet.data : CONTEXT;
const r2Of = ({ hook }: Loaded, packet: Packet): number => hook === 'memory' ? packet.length : 0;

function end(loaded: Loaded, ended: Ended, packet: Packet): RunResult<unknown> {
  if (!ended.ok) return ended;
  switch (loaded.hook) {
    case 'tc': return { ok: true, value: endTc(ended.low, packet) };
    case 'xdp': return { ok: true, value: endXdp(ended.low, packet) };
    case 'memory': return { ok: true, value: { result: BigInt(ended.high >>> 0) << 32n | BigInt(ended.low >>> 0), memory: packet.frame() } };
  }
}
