// Functions within each module that check accesses: an address is good if all its bytes lie in one region. One function for each
// size and direction in use, so that an access costs one direct call.

import { CONTEXT, CONTROL, MAPS, STACK, WRITABLE } from '../memory/layout.ts';
import { Code } from '../wasm/code.ts';
import type { Signature } from '../wasm/module.ts';
import { OP } from '../wasm/opcodes.ts';
import type { Hook } from '../hooks/hook.ts';

const PAGE_BITS = 16;

export const CHECK_SIGNATURE: Signature = { parameters: ['i64', 'i32'], results: ['i32'] };
/** (slot, size, 0 read or 1 write, address). */
export const ACCESS_FAULT_SIGNATURE: Signature = { parameters: ['i32', 'i32', 'i32', 'i64'], results: [] };

export function checkFunction(hook: Hook, size: number, access: 'read' | 'write', faultImport: number): Code {
  const code = new Code(CHECK_SIGNATURE.parameters.length);
  const ADDRESS = 0, SLOT = 1;
  const at = code.local('i32');
  /** Bounds are pushed by the given functions. */
  const within = (low: () => void, high: () => void, besides?: () => void): void => {
    code.get(at);
    low();
    code.op(OP.i32GeU).get(at).i32(size).op(OP.i32Add);
    high();
    code.op(OP.i32LeU, OP.i32And);
    code.open(OP.if);
    besides?.();
    code.get(at).op(OP.return).close();
  };
  const constant = (value: number) => (): void => { code.i32(value); };
  const control = (address: number) => (): void => { code.i32(address).memory(OP.i32Load); };

  code.get(ADDRESS).op(OP.i32WrapI64).set(at);
  code.get(ADDRESS).i64(31n).op(OP.i64ShrU, OP.i64Eqz);
  code.open(OP.if);
  within(control(CONTROL.packetStart), control(CONTROL.packetEnd));
  within(constant(STACK.low), constant(STACK.high));
  const page = (): Code => code.op(OP.i32ShrU).memory(OP.i32Load8U, WRITABLE);
  within(constant(MAPS), control(CONTROL.mapsEnd), access === 'read' ? undefined : () => {
    code.get(at).i32(PAGE_BITS);
    page().get(at).i32(size - 1).op(OP.i32Add).i32(PAGE_BITS);
    page().op(OP.i32And, OP.i32Eqz);
    code.open(OP.if);
    code.get(SLOT).i32(size).i32(1).get(ADDRESS).call(faultImport).op(OP.unreachable).close();
  });
  const context = access === 'read' ? [[0, hook.contextBytes] as const] : hook.writable;
  for (const [from, to] of context) if (to - from >= size) within(constant(CONTEXT + from), constant(CONTEXT + to));
  code.close();
  code.get(SLOT).i32(size).i32(access === 'read' ? 0 : 1).get(ADDRESS).call(faultImport).op(OP.unreachable);
  return code;
}
