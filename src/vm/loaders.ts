// The two implementations, behind one way to load: both get the same memory, maps and helper functions, and give a Loaded.

import { callByNumber } from './calls/by-number.ts';
import { legacyLoad, legacyLoadOf } from './calls/legacy-load.ts';
import type { Machine } from './calls/machine.ts';
import { HELPERS } from './calls/table.ts';
import { badAccess, ProgramFault } from './fault.ts';
import { HOOKS } from './hooks/hook.ts';
import { helperCall } from './interpret/helper-call.ts';
import { predecode } from './interpret/predecode.ts';
import { InterpretedProgram, type Surroundings } from './interpret/program.ts';
import type { MapAddresses } from './maps/addresses.ts';
import type { VmMap } from './maps/map.ts';
import { instantiate, type Identity, type Loaded } from './program.ts';
import type { Checked } from './refusal.ts';
import type { Runner } from './run.ts';
import type { Checks } from './translate/function.ts';
import { translatedOnce } from './translate/kept.ts';
import { translate } from './translate/translate.ts';

/** Two readings of the instruction set, over the same memory, maps and helper functions. */
export type Implementation = 'wasm' | 'interpreter';

/** The smallest module: a magic number and a version. */
const EMPTY_MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

export function defaultImplementation(): Implementation {
  try {
    new WebAssembly.Module(EMPTY_MODULE);
    return 'wasm';
  } catch {
    return 'interpreter';
  }
}

/**
 * Engines of WebAssembly refuse functions of 7.6 MB, and take long before; longer programs than the largest that people write are interpreted.
 * The kernel takes a million instructions.
 */
const MOST_SLOTS = 65_536;

/** What loads the programs of one vm. */
type Loader = (machine: Machine, runner: Runner) => (code: Uint8Array, identity: Identity, checks: Checks) => Checked<Loaded>;

export const LOADERS: Readonly<Record<Implementation, Loader>> = {
  wasm(machine, runner) {
    const imports = importsFor(machine, runner);
    let interpret: ReturnType<Loader> | undefined;
    return (code, identity, checks) => {
      if (code.length > 8 * MOST_SLOTS) {
        interpret ??= LOADERS.interpreter(machine, runner);
        return interpret(code, identity, checks);
      }
      const translated = translatedOnce(code, { hook: identity.hook, checks }, addresses(machine.maps), maps => translate(code, { hook: HOOKS[identity.hook], checks, maps }));
      return translated.ok ? { ok: true, value: instantiate(translated.value, imports, identity) } : translated;
    };
  },
  interpreter(machine, runner) {
    const bodies = new Map([...HELPERS].map(([id, definition]) => [id, definition.make(machine)]));
    const surroundings: Surroundings = {
      memory: machine.memory,
      helpers: new Map([...HELPERS].map(([id, definition]) => [id, helperCall(definition, bodies.get(id)!)])),
      callByNumber: callByNumber(HELPERS, bodies, 'memory', noHelper),
      tailCall: (map, index) => runner.tailCall(map, index),
      tailCallWithin: (map, index) => runner.tailCallWithin(map, index) === 1 ? runner.resultWithin() : undefined,
      legacyLoad: (offset, size) => legacyLoad(machine, offset, size),
    };
    return (code, identity) => {
      const predecoded = predecode(code, { hook: identity.hook, maps: addresses(machine.maps) });
      return predecoded.ok ? { ok: true, value: new InterpretedProgram(predecoded.value, surroundings, identity) } : predecoded;
    };
  },
};

function addresses(maps: ReadonlyMap<number, VmMap>): MapAddresses {
  return {
    has: handle => maps.get(handle)?.isOpen === true,
    lookupOf(handle) {
      const map = maps.get(handle);
      return map?.lookupShape && { keyBytes: map.keyBytes, valueBytes: map.valueBytes, capacity: map.capacity, shape: map.lookupShape };
    },
    valueAddress(handle, offset) {
      const map = maps.get(handle);
      const base = map?.valueBase();
      return map !== undefined && base !== undefined && offset >= 0 && offset < map.valueBytes ? base + offset : undefined;
    },
  };
}

function noHelper(number: bigint): never {
  throw new ProgramFault('call', `there is no helper function ${number}`);
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
    tailCallWithin: (map: number, index: number) => runner.tailCallWithin(map, index),
    resultWithin: () => {
      const [low, high] = runner.resultWithin();
      return BigInt(high) << 32n | BigInt(low >>> 0);
    },
    callByNumber: callByNumber(HELPERS, helpers, 'memory', noHelper),
    legacyLoad: legacyLoadOf(machine),
    ...Object.fromEntries([...helpers].map(([id, body]) => [`helper ${id}`, body])),
  };
}
