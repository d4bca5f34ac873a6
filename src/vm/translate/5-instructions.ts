// Phase 5: the instructions of a block, one by one. What this engine does not run is refused here, before any code runs.

import type { Insn } from '../../isa/insn.ts';
import { helperById } from '../../isa/helper-functions.ts';
import { HELPERS, TAIL_CALL } from '../calls/table.ts';
import type { Hook } from '../hooks/hook.ts';
import { atomic, load, loadSigned, store } from './access.ts';
import type { MapAddresses } from '../maps/addresses.ts';
import { alu, endian, movSigned, negate } from './alu.ts';
import { callByNumber, callHelper, callLocal, tailCall } from './call.ts';
import type { Located, Functions } from './1-functions.ts';
import type { FunctionWriter } from './function.ts';
import type { Refusal } from '../refusal.ts';

export function findRefusal(functions: Functions, hook: Hook, maps: MapAddresses): Refusal | undefined {
  for (const { index, insns } of functions.functions) {
    for (const { slot, insn } of insns) {
      const reason = refusalOf(insn, index, hook, maps);
      if (reason !== undefined) return { slot, reason };
    }
  }
  return undefined;
}

function refusalOf(insn: Insn, functionIndex: number, hook: Hook, maps: MapAddresses): string | undefined {
  if (writesRegister(insn) === 10) return 'r10 is read-only';
  switch (insn.kind) {
    case 'call': {
      const name = helperById(insn.id)?.name ?? `number ${insn.id}`;
      if (insn.id === TAIL_CALL) {
        if (hook.name === 'memory') return 'tail_call needs a hook: programs on bare memory have no other to go to';
        return functionIndex === 0 ? undefined : 'a tail call outside of the entry function';
      }
      const definition = HELPERS.get(insn.id);
      if (definition === undefined) return `the vm has no helper function ${name}`;
      return definition.hooks === undefined || definition.hooks.includes(hook.name) ? undefined : `helper function ${name} is not for ${hook.name} programs`;
    }
    case 'call-register': return hook.name === 'memory' ? undefined : 'a call by register, which the kernel has not';
    case 'wide-map': return maps.has(insn.map) ? undefined : `there is no map ${insn.map}`;
    case 'wide-value': return maps.valueAddress(insn.map, insn.offset) === undefined ? `map ${insn.map} is no array of one entry with a byte ${insn.offset}` : undefined;
    case 'wide-btf': case 'wide-function': case 'wide-map-index': case 'wide-value-index':
    case 'call-kfunc': case 'may-goto': case 'load-absolute': case 'load-indirect':
      return `the vm does not run ${insn.kind}`;
    default: return undefined;
  }
}

function writesRegister(insn: Insn): number | undefined {
  switch (insn.kind) {
    case 'store': case 'store-imm': case 'store-release': case 'jump': case 'jump-imm': return undefined;
    case 'atomic': return insn.op === 'xchg' || insn.op.startsWith('fetch-') ? insn.src : undefined;
    case 'call-register': return undefined;
    default: return 'dst' in insn ? insn.dst : undefined;
  }
}

/** After `findRefusal` found none. */
export function instruction(f: FunctionWriter, { slot, insn }: Located, functions: Functions, maps: MapAddresses): void {
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
    case 'wide-value': constant(f, insn.dst, BigInt(maps.valueAddress(insn.map, insn.offset)!)); return;
    case 'call':
      if (insn.id === TAIL_CALL) tailCall(f, slot);
      else callHelper(f, insn.id, slot);
      return;
    case 'call-register': callByNumber(f, insn.dst, slot); return;
    case 'call-local': callLocal(f, functions.at.get(slot + 1 + insn.offset)!, slot); return;
    default: throw new Error(`${insn.kind} at slot ${slot} is not an instruction of a block's body`);
  }
}

function constant(f: FunctionWriter, register: Parameters<FunctionWriter['set']>[0], value: bigint): void {
  f.code.i64(value);
  f.set(register);
}
