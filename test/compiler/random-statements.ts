// Random statements: variables, control, maps and structs. Loops are short, and nothing is written through two names that the
// language does not promise to keep apart. Statements about packets are random-packets.ts.

import { ENTRY_FIELDS, PAIR_FIELDS, STATE_FIELDS } from './random-head.ts';
import type { Kind, StructName } from './random-text.ts';
import { INTS, Values } from './random-values.ts';

/** Of loops in loops together. */
const MOST_ROUNDS = 120;

export class Statements extends Values {
  #rounds = 1;

  block(head: string, depth: number, most: number, tail = '}'): void {
    this.line(head);
    this.indent++;
    this.within(() => { for (let n = 1 + this.next(most); n > 0; n--) this.statement(depth); });
    this.indent--;
    this.line(tail);
  }

  /** What a program of this style may return. */
  verdict(): string {
    if (this.stages.length > 0 && this.next(2) === 0) return `${this.pick(this.stages)}(pkt, { ${STATE_FIELDS.map(([name, type]) => `${name}: ${this.of(type, 1)}`).join(', ')} })`;
    const ends = ["drop('one')", "drop('two')", 'reply()', "punt('three')"];
    switch (this.style.program) {
      case 'module': return this.pick([() => this.pick(ends), () => 'flood()', () => `to(${this.int('u16', 1)})`, () => `${this.bool(1)} ? to(${this.int('u16', 0)}) : drop('four')`])();
      case 'filter': return this.pick([() => this.pick(ends), () => 'next()'])();
      case 'xdp': return this.pick([() => this.pick(ends), () => 'next()', () => `to(${this.int('u16', 1)})`])();
    }
  }

  declare(type: Kind, value: string): void {
    const variable = { name: this.name('v'), type, mutable: this.next(2) === 0 };
    this.line(`${variable.mutable ? 'let' : 'const'} ${variable.name}: ${type} = ${value};`);
    this.scope.variables.push(variable);
  }

  statement(depth: number): void {
    switch (this.next(depth > 0 ? 27 : 15)) {
      case 0: case 1: case 2: {
        const type: Kind = this.next(5) === 0 ? 'boolean' : this.pick(INTS);
        this.declare(type, this.of(type, 3));
        return;
      }
      case 3: case 4: case 5: {
        const mine = this.scope.variables.filter(v => v.mutable);
        if (mine.length === 0) return;
        const v = this.pick(mine);
        if (v.type === 'boolean' || this.next(2) === 0) { this.line(`${v.name} = ${this.of(v.type, 3)};`); return; }
        this.line(v.type === 'u128' ? `${v.name} ^= ${this.int('u128', 2)};` : this.next(6) === 0 ? `${v.name}++;` : `${v.name} ${this.pick(['+=', '-=', '*=', '|=', '&=', '^='])} ${this.int(v.type, 2)};`);
        return;
      }
      case 6: if (this.effects) this.write(); return;
      case 7: case 8: if (this.effects) this.stateful(); return;
      case 9: if (this.effects && this.next(4) === 0) this.line(`if (${this.bool(2)}) return ${this.verdict()};`); return;
      case 10: if (this.effects && this.style.program === 'module') this.line(`mirror(${this.int('u16', 1)});`); return;
      case 11: {
        const type = this.pick(INTS);
        const maybe = { name: this.name('o'), type, mutable: false };
        this.line(`const ${maybe.name}: ${type} | undefined = ${this.bool(2)} ? ${this.int(type, 2)} : ${this.pick(['undefined', 'undefined', this.int(type, 1)])};`);
        this.scope.maybes.push(maybe);
        return;
      }
      case 12: case 13: this.struct(); return;
      case 14: this.field(); return;
      case 15: case 16: case 17:
        if (this.next(2) === 0) { this.block(`if (${this.bool(3)}) {`, depth - 1, 3); return; }
        this.block(`if (${this.bool(3)}) {`, depth - 1, 3, '} else {');
        this.lines.pop();
        this.block('} else {', depth - 1, 3);
        return;
      case 18: case 19: this.loop(depth); return;
      case 20: this.choice(depth); return;
      case 21: this.present(depth); return;
      case 22: this.closure(depth); return;
      case 23: if (this.effects) this.structEntry(depth); return;
      default: if (this.effects && !this.scope.guarded && this.scope.held.length <= 1) this.entryAtHand(depth);
    }
  }

  /** Bytes of the packet. */
  write(): void {
    if (this.style.network) { this.line(this.pick(['eth.dst = eth.src;', "eth.src = mac('02:00:00:00:00:01');", 'eth.src = Mac.broadcast;'])); return; }
    const [field, type] = this.pick<readonly [string, Kind]>([['kind', 'u8'], ['flags', 'u8'], ['id', 'u16'], ['seq', 'u32'], ['little', 'u32'], ['stamp', 'u64'], ['mark', 'u16'], ['debt', 'i32']]);
    this.line(this.next(6) === 0 ? 'eth.dst = eth.src;' : this.next(5) === 0 && type !== 'i32' ? `${this.p}.${field} ${this.pick(['+=', '^=', '|='])} ${this.of(type, 2)};` : `${this.p}.${field} = ${this.of(type, 3)};`);
  }

  stateful(): void {
    if (this.scope.held.length > 0 && this.next(2) === 0) {
      const e = this.pick(this.scope.held);
      const [field, type] = this.pick(ENTRY_FIELDS);
      const value = this.of(type, 2);
      if ((type === 'u32' || type === 'u64') && field !== 'word' && this.next(2) === 0) this.line(`${e}.${field} ${this.pick(['+=', '-=', '|=', '&=', '^='])} ${value};`);
      else if (this.next(5) === 0) this.line(`${e}.list[${this.next(4)}] = ${this.int('u8', 2)};`);
      else this.line(`${e}.${field} = ${value};`);
      return;
    }
    const records = this.scope.structs.filter(s => s.type === 'Record');
    const pairs = this.scope.structs.filter(s => s.type === 'Pair');
    this.line(this.pick([
      () => `numbers.set(${this.int('u32', 1)}, ${this.int('u32', 2)});`, () => `numbers.delete(${this.int('u32', 2)});`,
      () => `words.set(${this.key(1)}, ${this.int('u64', 2)});`, () => `words.delete(${this.key(1)});`,
      () => this.busy ? 'seen.add();' : `entries.set(${this.key(1)}, ${this.entry(1)});`,
      () => this.busy ? 'seen.add();' : `records.set(${this.int('u8', 1)} & 3, ${records.length > 0 ? this.pick(records).name : this.recordLiteral(1)});`,
      () => this.busy ? 'seen.add();' : `hosts.set(${this.int('u128', 1)} & 3n, ${pairs.length > 0 ? this.pick(pairs).name : this.pairLiteral(1)});`,
      () => `recent.set(${this.int('u16', 1)} & 7, ${this.int('u32', 1)});`, () => `recent.delete(${this.int('u16', 1)} & 7);`,
      () => this.busy ? 'seen.add();' : `ages.set(${this.int('u8', 1)} & 3, ${this.pairLiteral(1)}, ${this.pick([500, 0, 500])});`,
      () => `seen.add(${this.int('u32', 1)});`,
      () => `tables.get(${this.#table()})?.${this.pick([() => `set(${this.int('u16', 1)} & 7, ${this.int('u32', 1)})`, () => `set(${this.int('u16', 0)} & 3, ${this.int('u32', 1)})`, () => `delete(${this.int('u16', 1)} & 7)`])()};`,
      () => `events.send(${records.length > 0 ? this.pick(records).name : this.recordLiteral(1)});`,
    ])());
  }

  #table(): string { return this.pick(['0', '1', `${this.probe('u32')} & 1`]); }

  struct(): void {
    const type = this.pick<StructName>(['Pair', 'Pair', 'Record', 'Tally']);
    const value = type === 'Pair' ? this.pairLiteral(2) : type === 'Record' ? this.recordLiteral(1) : 'new Tally()';
    const struct = { name: this.name('s'), type, mutable: true };
    if (type === 'Pair' && this.next(4) === 0) {
      const [a, b] = [this.name('v'), this.name('v')];
      this.line(`const { left: ${a}, far: ${b} } = ${this.scope.structs.find(s => s.type === 'Pair')?.name ?? `choose<Pair>(${this.bool(1)}, ${this.pairLiteral(0)}, ${this.pairLiteral(0)})`};`);
      this.scope.variables.push({ name: a, type: 'u32', mutable: false }, { name: b, type: 'i64', mutable: false });
      return;
    }
    this.line(`const ${struct.name}: ${type} = ${value};`);
    if (type === 'Tally') this.line(`${struct.name}.add(${this.int('u32', 1)}${this.next(2) === 0 ? `, ${this.int('u32', 1)}` : ''});`);
    this.scope.structs.push(struct);
  }

  /** A part of a struct that has a name. */
  field(): void {
    const { structs } = this.scope;
    if (structs.length === 0) return;
    const { name, type } = this.pick(structs);
    const pair = (of: string): string => { const [field, kind] = this.pick(PAIR_FIELDS); return `${of}.${field} = ${this.of(kind, 2)};`; };
    if (type === 'Pair') { this.line(pair(name)); return; }
    if (type === 'Tally') { this.line(this.pick([() => `${name}.add(${this.int('u32', 1)});`, () => `${name}.bytes = ${this.int('u32', 2)};`])()); return; }
    this.line(this.pick([
      () => pair(`${name}.pair`), () => `${name}.pair = ${this.pairLiteral(1)};`, () => `${name}.host = ${this.int('u128', 2)};`, () => `${name}.kind = ${this.int('u8', 2)};`,
      () => `${name}.hw = ${this.packet ? 'eth.src' : 'Mac.zero'};`, () => `${name}.words = [${this.int('u32', 1)}, 2, ${this.int('u32', 1)}];`,
    ])());
  }

  loop(depth: number): void {
    const i = this.name('i');
    // Long ones are real loops, not unrolled; more rounds in all are soon too many for the verifier.
    const long = this.next(4) === 0 ? this.pick([9, 12, 40, 100]) : 0;
    const most = long > 0 && this.#rounds * long <= MOST_ROUNDS ? long : 1 + this.next(4);
    this.#rounds *= most;
    const head = this.next(2) === 0 ? `for (const ${i} of range(${this.int('u32', 1)}, ${most})) {` : `for (let ${i} = 0; ${i} < ${most}; ${i}++) {`;
    this.within(() => {
      this.scope.variables.push({ name: i, type: 'u32', mutable: false });
      if (head.includes('range') && this.next(3) === 0) {
        this.line(head);
        this.indent++;
        this.line(`if (${this.bool(2)}) ${this.pick(['break', 'continue'])};`);
        this.indent--;
        this.block('{', depth - 1, 2, '} }');
      } else this.block(head, depth - 1, 2);
    });
    this.#rounds /= most;
  }

  choice(depth: number): void {
    const colors = this.next(3) === 0;
    this.line(colors ? `switch (u32(${this.int('u32', 2)} % 3)) {` : `switch (${this.int('u8', 2)}) {`);
    this.indent++;
    const values = colors ? ['Color.Red', 'Color.Green', 'Color.Blue'] : ['1', '2', '200'];
    for (const value of values.slice(0, 1 + this.next(3))) this.block(`case ${value}: {`, depth - 1, 2, 'break; }');
    if (this.next(2) === 0) this.block(`case ${colors ? 7 : 'Color.Far - 1'}: case 9: {`, depth - 1, 2, 'break; }');
    if (this.next(3) > 0) this.block('default: {', depth - 1, 2, '}');
    this.indent--;
    this.line('}');
  }

  /** A test of what may be undefined. */
  present(depth: number): void {
    const { maybes } = this.scope;
    if (maybes.length === 0) return;
    const maybe = this.pick(maybes);
    this.within(() => {
      const inside = { name: this.name('v'), type: maybe.type, mutable: false };
      this.line(`if (${maybe.name} !== undefined) {`);
      this.indent++;
      this.line(`const ${inside.name}: ${maybe.type} = ${maybe.name};`);
      this.scope.variables.push(inside);
      this.statement(depth - 1);
      this.indent--;
      this.line('}');
    });
  }

  closure(depth: number): void {
    const mutable = this.scope.variables.filter(v => v.mutable && (v.type === 'u32' || v.type === 'u64'));
    const target = mutable[0];
    const f = this.name('g'), x = this.name('x');
    if (target && this.next(2) === 0) {
      const type = target.type as 'u32' | 'u64';
      this.line(`const ${f} = (${x}: ${type}): void => { ${target.name} ${this.pick(['+=', '^=', '-='])} ${x}; };`);
      this.line(this.pick([() => `${f}(${this.int(type, 1)});`, () => `if (${this.bool(1)}) ${f}(${this.int(type, 1)}); else ${f}(${this.literal(type)});`])());
      if (type === 'u32' && this.next(2) === 0) this.line(`times(${this.int('u32', 1)}, ${f});`);
      return;
    }
    const type = this.pick(INTS), result = this.pick(INTS);
    const variable = { name: x, type, mutable: false };
    let body = '';
    this.within(() => { this.scope.variables.push(variable); body = this.int(result, depth); });
    this.line(`const ${f} = (${x}: ${type}): ${result} => ${body};`);
    this.declare(result, `${f}(${this.int(type, 1)})`);
  }

  /** An entry that is a struct with methods, or with structs in it. */
  structEntry(depth: number): void {
    if (this.busy) return;
    const e = this.name('e');
    const of = this.pick(['records', 'tallies', 'hosts', 'ages', 'here'] as const);
    const key = of === 'hosts' ? `${this.int('u128', 1)} & 3n` : of === 'here' ? this.pick(['0', '1']) : `${this.int('u8', 1)} & 3`;
    if (of === 'tallies' && this.next(2) === 0) this.line(`tallies.set(${key}, new Tally(), 'new');`);
    this.line(`const ${e} = ${of}.get(${key});`);
    this.line(`if (${e}) {`);
    this.indent++;
    this.within(() => {
      // What another packet left on this CPU is not to be known.
      if (of === 'here') this.line(`${e}.left = ${this.int('u32', 1)}; ${e}.right = ${this.int('u16', 0)}; ${e}.on = ${this.bool(1)}; ${e}.far = ${this.int('i64', 0)};`);
      if (of === 'ages' && this.next(2) === 0) this.line(`ages.keep(${e}, ${this.pick([500, 900])});`);
      this.scope.guarded = true;
      this.scope.structs.push({ name: e, type: of === 'records' ? 'Record' : of === 'tallies' ? 'Tally' : 'Pair', mutable: true });
      for (let n = 1 + this.next(3); n > 0; n--) if (this.next(2) === 0) this.field(); else this.statement(depth > 1 ? 1 : 0);
    });
    this.indent--;
    this.line('}');
  }

  entryAtHand(depth: number): void {
    const e = this.name('e');
    const ofCells = this.next(2) === 0;
    this.line(ofCells ? `const ${e} = cells.get(${this.pick([this.probe('u32'), `${this.probe('u32')} & 3`, '2', 'settings.n % 3'])});` : `const ${e} = entries.get(${this.key(1)});`);
    this.scope.held.push(e);
    this.block(`if (${e}) {`, depth - 1, 4);
    this.scope.held.pop();
    if (!ofCells && !this.busy && this.next(2) === 0) this.line(`if (${e} === undefined) entries.set(${this.key(1)}, ${this.entry(1)});`);
  }

  helper(): void {
    const params = Array.from({ length: 1 + this.next(3) }, () => this.next(4) === 0 ? 'boolean' as const : this.pick(INTS));
    const result = this.pick(INTS);
    const name = this.name('f');
    this.within(() => {
      const mine = params.map(type => ({ name: this.name('a'), type, mutable: false }));
      this.scope.variables = mine;
      this.line(`function ${name}(${mine.map(v => `${v.name}: ${v.type}`).join(', ')}): ${result} {`);
      this.indent++;
      for (let n = this.next(3); n > 0; n--) this.statement(1);
      if (this.next(2) === 0) this.line(`if (${this.bool(2)}) return ${this.int(result, 2)};`);
      this.line(`return ${this.int(result, 3)};`);
      this.indent--;
      this.line('}');
    });
    this.functions.push({ name, params, result });
  }
}
