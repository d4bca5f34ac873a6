// Phase 5: the instructions of a block, one by one. What this engine does not run is refused here, before any code runs.

import type { Insn, Register } from '../../isa/insn.ts';
import { helperById } from '../../isa/helper-functions.ts';
import { HELPERS, MAP_LOOKUP, TAIL_CALL } from '../calls/table.ts';
import type { Hook } from '../hooks/hook.ts';
import { atomic, load, loadSigned, store } from './access.ts';
import type { MapAddresses } from '../maps/addresses.ts';
import { alu, endian, movSigned, negate } from './alu.ts';
import { callByNumber, callHelper, callLocal, tailCall, tailCallWithin } from './call.ts';
import type { Located, Functions } from './1-functions.ts';
import { legacyLoad } from './legacy.ts';
import type { FunctionWriter } from './function.ts';
import type { Refusal } from '../refusal.ts';

export function findRefusal(functions: Functions, hook: Hook, maps: MapAddresses): Refusal | undefined {
  for (const { insns } of functions.functions) {
    const isCallback = functions.taken.has(insns[0]!.slot);
    for (const { slot, insn } of insns) {
      const reason = refusalOf(insn, isCallback, hook, maps);
      if (reason !== undefined) return { slot, reason };
    }
  }
  return undefined;
}

function refusalOf(insn: Insn, isCallback: boolean, hook: Hook, maps: MapAddresses): string | undefined {
  if (writesRegister(insn) === 10) return 'r10 is read-only';
  switch (insn.kind) {
    case 'call': {
      const name = helperById(insn.id)?.name ?? `number ${insn.id}`;
      if (insn.id === TAIL_CALL) {
        if (hook.name === 'memory') return 'tail_call needs a hook: programs on bare memory have no other to go to';
        return isCallback ? 'a tail call in a callback' : undefined;
      }
      const definition = HELPERS.get(insn.id);
      if (definition === undefined) return `the vm has no helper function ${name}`;
      return definition.hooks === undefined || definition.hooks.includes(hook.name) ? undefined : `helper function ${name} is not for ${hook.name} programs`;
    }
    case 'call-register': return hook.name === 'memory' ? undefined : 'a call by register, which the kernel has not';
    case 'wide-map': return maps.has(insn.map) ? undefined : `there is no map ${insn.map}`;
    case 'wide-value': return maps.valueAddress(insn.map, insn.offset) === undefined ? `map ${insn.map} is no array of one entry with a byte ${insn.offset}` : undefined;
    case 'wide-btf': case 'wide-map-index': case 'wide-value-index':
    case 'call-kfunc':
      return `the vm does not run ${insn.kind}`;
    case 'load-absolute': case 'load-indirect': return hook.name === 'tc' ? undefined : `${insn.kind} is not for ${hook.name} programs`;
    default: return undefined;
  }
}

function writesRegister(insn: Insn): Register | undefined {
  switch (insn.kind) {
    case 'store': case 'store-imm': case 'store-release': case 'jump': case 'jump-imm': return undefined;
    case 'atomic': return insn.op === 'xchg' || insn.op.startsWith('fetch-') ? insn.src : undefined;
    case 'call-register': return undefined;
    default: return 'dst' in insn ? insn.dst : undefined;
  }
}

/** After `findRefusal` found none. */
export function instruction(f: FunctionWriter, functionIndex: number, located: Located, functions: Functions, maps: MapAddresses): void {
  write(f, functionIndex, located, functions, maps);
  remember(f, located.insn);
}

/** Which registers hold which maps after an instruction. */
function remember({ known }: FunctionWriter, insn: Insn): void {
  if (insn.kind === 'wide-map') { known.set(insn.dst, insn.map); return; }
  if (insn.kind.startsWith('call') || insn.kind.startsWith('load-')) for (const register of [0, 1, 2, 3, 4, 5] as const) known.delete(register);
  if (insn.kind === 'atomic' && insn.op === 'cmpxchg') known.delete(0);
  const written = writesRegister(insn);
  if (written === undefined) return;
  const copied = insn.kind === 'alu' && insn.op === 'mov' && insn.width === 64 ? known.get(insn.src) : undefined;
  if (copied === undefined) known.delete(written);
  else known.set(written, copied);
}

function write(f: FunctionWriter, functionIndex: number, { slot, insn }: Located, functions: Functions, maps: MapAddresses): void {
  switch (insn.kind) {
    case 'alu': case 'alu-imm': alu(f, insn); return;
    case 'neg': negate(f, insn); return;
    case 'mov-signed': movSigned(f, insn); return;
    case 'endian': endian(f, insn); return;
    case 'load': case 'load-acquire': load(f, insn, slot); return;
    case 'load-signed': loadSigned(f, insn, slot); return;
    case 'store': case 'store-imm': case 'store-release': store(f, insn, slot); return;
    case 'atomic': atomic(f, insn, slot); return;
    case 'wide': constant(f, insn.dst, insn.value); return;
    case 'wide-map': constant(f, insn.dst, BigInt(insn.map)); return;
    case 'wide-function': constant(f, insn.dst, BigInt(slot + 1 + insn.offset)); return;
    case 'wide-value': constant(f, insn.dst, BigInt(maps.valueAddress(insn.map, insn.offset)!)); return;
    case 'call':
      if (insn.id === TAIL_CALL) (functionIndex === 0 ? tailCall : tailCallWithin)(f, slot);
      else if (insn.id !== MAP_LOOKUP || !lookup(f, slot, maps)) callHelper(f, insn.id, slot);
      return;
    case 'load-absolute': case 'load-indirect': legacyLoad(f, insn); return;
    case 'call-register': callByNumber(f, insn.dst, slot); return;
    case 'call-local': callTo(f, functions, slot + 1 + insn.offset, slot); return;
    default: throw new Error(`${insn.kind} at slot ${slot} is not an instruction of a block's body`);
  }
}

/** True: r0 is set, for r1 is a map that can be looked into from here. */
function lookup(f: FunctionWriter, slot: number, maps: MapAddresses): boolean {
  const handle = f.known.get(1);
  const map = handle === undefined ? undefined : maps.lookupOf(handle);
  if (handle === undefined || map === undefined) return false;
  if (f.module.checks === 'regions') f.get(2).i32(slot).call(f.module.check(map.keyBytes, 'read'));
  else f.get32(2);
  f.code.call(f.module.lookup(handle, map));
  f.set32(0);
  return true;
}

function callTo(f: FunctionWriter, functions: Functions, target: number, slot: number): void {
  const index = functions.at.get(target)!;
  callLocal(f, index, slot, functions.functions[index]!.insns.length);
}

function constant(f: FunctionWriter, register: Parameters<FunctionWriter['set']>[0], value: bigint): void {
  f.code.i64(value);
  f.set(register);
}
