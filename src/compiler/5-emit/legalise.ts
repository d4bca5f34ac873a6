// What the instruction set of the target lacks, said in what it has: signed division (there since 6.6), and branches to what
// cannot be reached. IR in, IR out.

import { newInst } from '../ir/build.ts';
import { endOf, type AluOp, type Block, type Func, type Inst, type Value } from '../ir/ir.ts';

export function legalise(fn: Func): void {
  dropUnreachable(fn);
  for (const block of fn.blocks) {
    if (!block.insts.some(isSigned)) continue;
    const insts = block.insts.splice(0);
    for (const inst of insts) {
      if (isSigned(inst)) divide(fn, inst, block.insts);
      else block.insts.push(inst);
    }
  }
}

const isSigned = (inst: Inst): inst is Inst & { op: 'alu' } => inst.op === 'alu' && (inst.alu === 'sdiv' || inst.alu === 'smod');

/** |x| = (x ^ s) - s with s = x >> 63. The quotient takes both signs, the remainder the dividend's; division by 0 stays right. */
function divide(fn: Func, inst: Inst & { op: 'alu' }, out: Inst[]): void {
  const [a, b] = inst.args as [Value, Value];
  const { type } = a;
  const alu = (op: AluOp, x: Value, y: Value): Value => {
    const made = newInst(fn, { op: 'alu', alu: op }, [x, y], type, inst.at);
    out.push(made);
    return made.result as Value;
  };
  const top = newInst(fn, { op: 'const', value: type === 'i32' ? 31n : 63n }, [], type, inst.at);
  out.push(top);
  const signA = alu('ashr', a, top.result as Value);
  const signB = alu('ashr', b, top.result as Value);
  const absA = alu('sub', alu('xor', a, signA), signA);
  const absB = alu('sub', alu('xor', b, signB), signB);
  const raw = alu(inst.alu === 'sdiv' ? 'udiv' : 'umod', absA, absB);
  const sign = inst.alu === 'sdiv' ? alu('xor', signA, signB) : signA;
  const turned = alu('xor', raw, sign);
  // The last step is the instruction itself, so that its result stays the value that others use.
  inst.alu = 'sub';
  inst.args = [turned, sign];
  out.push(inst);
}

function dropUnreachable(fn: Func): void {
  const dead = new Set<Block>(fn.blocks.filter(b => endOf(b).op === 'unreachable'));
  for (let changed = true; changed;) {
    changed = false;
    for (const block of fn.blocks) {
      const end = endOf(block);
      if (dead.has(block)) continue;
      if (end.op === 'jump' && dead.has(end.to.block)) { dead.add(block); changed = true; }
      if (end.op !== 'branch' && end.op !== 'bounds') continue;
      const [then, otherwise] = [dead.has(end.then.block), dead.has(end.else.block)];
      if (then && otherwise) dead.add(block);
      else if (then || otherwise) block.end = { op: 'jump', to: then ? end.else : end.then, at: end.at };
      else continue;
      changed = true;
    }
  }
  fn.blocks = fn.blocks.filter(b => !dead.has(b) || b === fn.entry);
}
