// An index that is in range by a truth that kernel verifiers do not see (x % 3, a swapped byte, a check that was decided while
// compiling) is said to be in range again, in words that they follow: a mask where it fits, else a compare that never fails.
// IR to IR, after the optimiser, which would take it for superfluous.

import { newBlock, newInst, to } from '../ir/build.ts';
import { dominators } from '../ir/dominators.ts';
import { endOf, type Block, type Func, type Inst, type Value } from '../ir/ir.ts';
import { Ranges } from '../ir/ranges.ts';

/** What the verifier lets be added to a packet pointer in the end. */
const MAX_PACKET_OFFSET = 0xffffn;

export function guardIndexes(fn: Func): void {
  // Each guard makes new blocks and values: the next one is looked for anew. Real modules have none or a few.
  while (guardOne(fn));
}

function guardOne(fn: Func): boolean {
  if (!fn.blocks.some(b => b.insts.some(i => i.op === 'index'))) return false;
  const ranges = new Ranges(dominators(fn));
  for (const block of fn.blocks) {
    for (const [k, inst] of block.insts.entries()) {
      if (inst.op !== 'index') continue;
      const by = inst.args[1] as Value;
      const seen = ranges.most(by, block, 'verifier');
      const most = ranges.most(by, block, 'truth');
      const enough = inst.result?.type === 'packet' ? MAX_PACKET_OFFSET : most;
      if (seen <= enough || most > MAX_PACKET_OFFSET) continue;
      if ((most & (most + 1n)) === 0n) mask(fn, block, k, inst, by, most);
      else compare(fn, block, k, by, most);
      return true;
    }
  }
  return false;
}

function mask(fn: Func, block: Block, k: number, inst: Inst, by: Value, most: bigint): void {
  const constant = newInst(fn, { op: 'const', value: most }, [], 'i64', inst.at);
  const masked = newInst(fn, { op: 'alu', alu: 'and' }, [by, constant.result as Value], 'i64', inst.at);
  block.insts.splice(k, 0, constant, masked);
  inst.args[1] = masked.result as Value;
}

/** Splits the block in front of the index. */
function compare(fn: Func, block: Block, k: number, by: Value, most: bigint): void {
  const at = block.insts[k]?.at ?? endOf(block).at;
  const rest = newBlock(fn, `${block.name}-in-range`);
  rest.insts.push(...block.insts.splice(k));
  rest.end = block.end;
  const constant = newInst(fn, { op: 'const', value: most }, [], 'i64', at);
  block.insts.push(constant);
  block.end = { op: 'branch', condition: 'ule', a: by, b: constant.result as Value, then: to(rest), else: to(wayOut(fn)), at };
}

/** Somewhere to leave the program, for ways that no packet goes. */
function wayOut(fn: Func): Block {
  const known = fn.blocks.find(b => b.insts.length === 0 && b.params.length === 0 && b.end?.op === 'exit' && b.end.port === undefined);
  if (known) return known;
  const block = newBlock(fn, 'never');
  block.end = { op: 'exit', exit: 'next', port: undefined, site: undefined, at: { file: 0, line: 0, column: 0 } };
  return block;
}
