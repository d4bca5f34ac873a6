// Random modules as text, from a tape of numbers: well-typed, always ending, small enough for the verifier. The same tape gives
// the same module, and a shorter tape a smaller one, so what fails shrinks. What they compute ends up in the packet.

import { HEAD } from './random-head.ts';
import { Packets } from './random-packets.ts';

export function randomModule(tape: readonly number[]): string {
  const w = new Packets(tape);
  for (let n = w.next(3); n > 0; n--) w.helper();
  for (let n = w.next(5) === 0 ? 1 + w.next(2) : 0; n > 0; n--) w.stage();
  w.packet = true;
  w.effects = true;
  const { program } = w.style;
  w.line(program === 'filter' ? 'export default filter({ egress(pkt) {' : `export default ${program}(pkt => {`);
  w.indent++;
  w.line('const eth = pkt.at(Eth);');
  w.line('const p = pkt.at(Probe, 14);');
  while (!w.done) w.statement(2);
  w.line('let all: u32 = 0;');
  for (const v of w.scope.variables) w.line(`all = u32(all * 31) ^ ${v.type === 'u64' || v.type === 'i64' || v.type === 'u128' ? `u32(${v.name} ^ (${v.name} >> 32n))` : `u32(${v.name})`};`);
  w.line(`${w.p}.seq = all;`);
  w.line(program === 'filter' ? "return (all & 1) === 0 ? next() : drop('odd');" : 'return to(u16(all));');
  w.indent--;
  w.line(program === 'filter' ? '} });' : '});');
  return `${HEAD}\n${w.lines.join('\n')}\n`;
}
