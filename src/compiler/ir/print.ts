// IR as text, for people, tests and bug reports. Values are numbered anew in order of appearance, so equal functions print alike.

import type { Block, Func, Inst, Target, Terminator, Value } from './ir.ts';

export function print(fn: Func): string {
  const numbers = new Map<Value, number>();
  const blocks = new Map<Block, number>();
  const ref = (v: Value): string => {
    let n = numbers.get(v);
    if (n === undefined) { n = numbers.size; numbers.set(v, n); }
    return `v${n}`;
  };
  const label = (b: Block): string => {
    let n = blocks.get(b);
    if (n === undefined) { n = blocks.size; blocks.set(b, n); }
    return `b${n}`;
  };
  for (const block of fn.blocks) {
    label(block);
    for (const p of block.params) ref(p);
    for (const inst of block.insts) if (inst.result) ref(inst.result);
  }
  const target = (t: Target): string => label(t.block) + (t.args.length > 0 ? `(${t.args.map(ref).join(', ')})` : '');
  const lines = [`program ${fn.name}`];
  for (const block of fn.blocks) {
    const params = block.params.map(p => `${ref(p)}: ${p.type}`).join(', ');
    lines.push(`${label(block)}${params === '' ? '' : `(${params})`}:${block.name === '' ? '' : `  ; ${block.name}`}`);
    for (const inst of block.insts) {
      lines.push(`  ${inst.result ? `${ref(inst.result)}: ${inst.result.type} = ` : ''}${instText(inst, ref)}`);
    }
    lines.push(`  ${block.end ? endText(block.end, ref, target) : '(no end)'}`);
  }
  return `${lines.join('\n')}\n`;
}

function instText(inst: Inst, ref: (v: Value) => string): string {
  const args = inst.args.map(ref).join(', ');
  const place = 'offset' in inst && inst.offset !== 0 ? `${inst.offset < 0 ? '-' : '+'}${Math.abs(inst.offset)}` : '';
  const [first, ...rest] = inst.args.map(ref);
  switch (inst.op) {
    case 'const': return `const ${inst.value}`;
    case 'alu': return `${inst.alu} ${args}`;
    case 'neg': case 'zext': case 'sext': case 'trunc': case 'index': return `${inst.op} ${args}`;
    case 'swap': return `swap${inst.bytes * 8} ${args}`;
    case 'offset': return `offset ${args}, ${inst.bytes}`;
    case 'load': return `load${inst.bytes * 8} [${first}${place}]`;
    case 'store': return `store${inst.bytes * 8} [${first}${place}], ${rest.join(', ')}`;
    case 'atomic': return `${inst.atomic}${inst.bytes * 8} [${first}${place}], ${rest.join(', ')}`;
    case 'slot': return `slot ${inst.bytes} align ${inst.align}`;
    case 'call': return `call${inst.nullable ? ' nullable' : ''}${inst.movesPacket ? ' moves' : ''} ${inst.effect ?? inst.helper}(${args})`;
    case 'map': return `map ${inst.map}`;
    case 'map-value': return `map-value ${inst.map}${place}`;
    case 'link': return `link ${inst.name}`;
  }
}

function endText(end: Terminator, ref: (v: Value) => string, target: (t: Target) => string): string {
  switch (end.op) {
    case 'jump': return `jump ${target(end.to)}`;
    case 'branch': return `branch ${end.condition} ${ref(end.a)}, ${ref(end.b)} then ${target(end.then)} else ${target(end.else)}`;
    case 'bounds': return `bounds ${ref(end.base)}, ${end.bytes}, ${ref(end.end)} then ${target(end.then)} else ${target(end.else)}`;
    case 'exit': return `exit ${end.exit}${end.port ? ` ${ref(end.port)}` : ''}${end.site === undefined ? '' : ` ${end.site}`}`;
    case 'unreachable': return 'unreachable';
  }
}
