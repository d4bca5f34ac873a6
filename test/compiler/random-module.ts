// Random modules as text, from a tape of numbers: well-typed, always ending, small enough for the verifier. The same tape gives
// the same module, and a shorter tape a smaller one, so fast-check shrinks what fails. What they compute ends up in the packet.

type Int = 'u8' | 'u16' | 'u32' | 'i32' | 'u64' | 'i64' | 'u128';
type Kind = Int | 'boolean';
interface Variable { readonly name: string; readonly type: Kind; readonly mutable: boolean }

const INTS: readonly Int[] = ['u32', 'u32', 'u8', 'u16', 'i32', 'u64', 'i64', 'u128'];
const BITS: Readonly<Record<Int, number>> = { u8: 8, u16: 16, u32: 32, i32: 32, u64: 64, i64: 64, u128: 128 };
const isBig = (t: Int): boolean => t === 'u64' || t === 'i64' || t === 'u128';
const LITERALS = [0n, 1n, 2n, 3n, 7n, 8n, 31n, 100n, 127n, 128n, 255n, 256n, 0x7fffn, 0x8000n, 0xffffn, 0x1_0000n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n, 0x7fff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn, 0x0102_0304_0506_0708n];

/** Fields of class Entry below. */
const ENTRY_FIELDS: readonly (readonly [string, Kind])[] = [['count', 'u32'], ['total', 'u64'], ['tag', 'u16'], ['open', 'boolean'], ['word', 'u32'], ['debt', 'i32'], ['wide', 'u64']];
const PROBE_FIELDS: readonly (readonly [string, Int])[] = [['kind', 'u8'], ['flags', 'u8'], ['id', 'u16'], ['seq', 'u32'], ['little', 'u32'], ['stamp', 'u64'], ['mark', 'u16'], ['debt', 'i32']];
const SETTINGS: readonly (readonly [string, Kind])[] = [['n', 'u32'], ['zero', 'u32'], ['big', 'u64'], ['small', 'u8'], ['debt', 'i32'], ['on', 'boolean'], ['most', 'u16']];

const HEAD = `import { ArrayMap, Eth, HashMap, Header, compareSwap, config, drop, fetchAdd, flood, i32, i64, max, min, module, punt, range, reply, to, u128, u16, u32, u64, u8, type be16, type be32 } from 'iovisor/module';

class Probe extends Header { kind: u8 = 0; flags: u8 = 0; id: be16 = 0; seq: be32 = 0; little: u32 = 0; stamp: u64 = 0n; mark: u16 = 0; debt: i32 = 0 }
class Key { a: u32 = 0; b: u8 = 0 }
class Entry { count: u32 = 0; total: u64 = 0n; tag: u16 = 0; open: boolean = false; word: be32 = 0; debt: i32 = 0; wide: u64 = 0n; list: [u8, u8, u8, u8] = [0, 0, 0, 0] }

export const numbers = new HashMap<u32, u32>(3);
export const words = new HashMap<Key, u64>(4);
export const entries = new HashMap<Key, Entry>(4);
export const cells = new ArrayMap<Entry>(3);
export const settings = config(class { n: u32 = 7; zero: u32 = 0; big: u64 = 0xffff_ffff_ffff_fff0n; small: u8 = 200; debt: i32 = -5; on: boolean = true; most: u16 = 0xffff; table: [u16, u16, u16] = [9, 500, 65535] });
`;

class Writer {
  readonly #tape: readonly number[];
  #at = 0;
  #names = 0;
  readonly lines: string[] = [];
  indent = 0;
  variables: Variable[] = [];
  /** Names of entries at hand: nothing may write their maps. */
  held: string[] = [];
  functions: { readonly name: string; readonly params: readonly Kind[]; readonly result: Kind }[] = [];
  packet = false;
  effects = false;

  constructor(tape: readonly number[]) { this.#tape = tape; }

  get done(): boolean { return this.#at >= this.#tape.length; }
  next(most: number): number { return (this.#tape[this.#at++] ?? 0) % most; }
  pick<T>(list: readonly T[]): T { return list[this.next(list.length)] as T; }
  name(of: string): string { return `${of}${this.#names++}`; }
  line(text: string): void { this.lines.push(`${'  '.repeat(this.indent)}${text}`); }

  literal(type: Int): string {
    const bits = BITS[type];
    const most = type.startsWith('i') ? (1n << BigInt(bits - 1)) - 1n : (1n << BigInt(bits)) - 1n;
    const fits = LITERALS.filter(v => v <= most);
    return `${type}(${this.pick(fits)}${isBig(type) ? 'n' : ''})`;
  }

  leaf(type: Int): string {
    const mine = this.variables.filter(v => v.type === type);
    switch (this.next(6)) {
      case 0: return this.literal(type);
      case 1: {
        const [field, of] = this.pick(SETTINGS);
        return of === type ? `settings.${field}` : `${type}(settings.${field})`;
      }
      case 2:
        if (!this.packet) return this.literal(type);
        if (this.held.length > 0 && this.next(2) === 0) {
          const [field, of] = this.pick(ENTRY_FIELDS);
          return of === type ? `${this.pick(this.held)}.${field}` : `${type}(${this.pick(this.held)}.${field})`;
        }
        if (this.next(5) === 0) return `${type}(pkt.${this.pick(['port', 'length'])})`;
        return this.probe(type);
      default: return mine.length > 0 ? this.pick(mine).name : this.packet ? this.probe(type) : this.literal(type);
    }
  }

  probe(type: Int): string {
    const [field, of] = this.pick(PROBE_FIELDS);
    return of === type ? `p.${field}` : `${type}(p.${field})`;
  }

  int(type: Int, depth: number): string {
    if (depth <= 0 || this.done) return this.leaf(type);
    const sub = (): string => this.int(type, depth - 1);
    switch (this.next(16)) {
      case 0: case 1: return this.leaf(type);
      case 2: case 3: return `${type}(${this.int(this.pick(INTS), depth - 1)})`;
      case 4: return `${type}(${this.bool(depth - 1)})`;
      case 5: case 6: case 7: {
        const op = this.pick(type === 'u128' ? ['+', '-', '&', '|', '^'] : ['+', '-', '*', '&', '|', '^']);
        return `${type}(${sub()} ${op} ${sub()})`;
      }
      case 8: {
        const by = this.next(BITS[type]);
        const count = this.next(3) > 0 || type === 'u128' || BITS[type] < 32 ? `${by}${isBig(type) ? 'n' : ''}` : `(${sub()} & ${BITS[type] - 1}${isBig(type) ? 'n' : ''})`;
        return `${type}(${sub()} ${this.pick(['<<', '>>'])} ${count})`;
      }
      case 9: return type === 'u128' ? sub() : `${type}(${sub()} ${this.pick(['/', '%'])} ${this.packet ? this.probe(type) : `${type}(settings.${this.pick(['n', 'zero', 'small'])})`})`;
      case 10: return `${type}(${this.pick(['-', '~'])}${sub()})`;
      case 11: return `${this.pick(['min', 'max'])}(${sub()}, ${sub()})`;
      case 12: return `(${this.bool(depth - 1)} ? ${sub()} : ${sub()})`;
      case 13: {
        const f = this.functions.filter(x => x.result === type);
        if (f.length === 0) return sub();
        const chosen = this.pick(f);
        return `${chosen.name}(${chosen.params.map(t => this.of(t, depth - 1)).join(', ')})`;
      }
      case 14:
        if (!this.packet) return sub();
        switch (this.next(4)) {
          case 0: return `${type}(numbers.get(${this.int('u32', depth - 1)}) ?? ${this.literal('u32')})`;
          case 1: return `${type}(words.get(${this.key(depth - 1)}) ?? ${this.literal('u64')})`;
          case 2: return `${type}(cells.get(${this.probe('u32')} & ${this.pick(['1', '3', '7'])})?.${this.pick(['count', 'word'])} ?? ${this.literal('u32')})`;
          default: return `${type}(settings.table[${this.pick([`${this.probe('u32')} & 3`, 'settings.n', this.probe('u32'), `u32(${this.int('u32', depth - 1)} ^ ${this.probe('u32')})`])}] ?? ${this.literal('u16')})`;
        }
      default:
        if (this.held.length > 0 && this.effects) {
          const e = this.pick(this.held);
          if (this.next(3) > 0) return `${type}(fetchAdd(${e}, 'count', ${this.int('u32', depth - 1)}))`;
          return `${type}(compareSwap(${e}, 'total', ${this.int('u64', depth - 1)}, ${this.int('u64', depth - 1)}))`;
        }
        return sub();
    }
  }

  bool(depth: number): string {
    const mine = this.variables.filter(v => v.type === 'boolean');
    if (depth <= 0 || this.done) return mine.length > 0 && this.next(2) === 0 ? this.pick(mine).name : this.next(2) === 0 ? 'settings.on' : `${this.leaf('u32')} < ${this.leaf('u32')}`;
    switch (this.next(10)) {
      case 0: case 1: case 2: case 3: {
        const type = this.pick(INTS);
        return `${this.int(type, depth - 1)} ${this.pick(['===', '!==', '<', '<=', '>', '>='])} ${this.int(type, depth - 1)}`;
      }
      case 4: return `(${this.bool(depth - 1)} && ${this.bool(depth - 1)})`;
      case 5: return `(${this.bool(depth - 1)} || ${this.bool(depth - 1)})`;
      case 6: return `!(${this.bool(depth - 1)})`;
      case 7: return this.packet ? this.pick(['eth.src === eth.dst', 'eth.src.isMulticast', 'eth.dst.isBroadcast']) : 'settings.on';
      case 8:
        if (!this.packet) return this.bool(depth - 1);
        return this.effects && this.held.length === 0 ? this.pick([() => `numbers.set(${this.int('u32', depth - 1)}, ${this.int('u32', depth - 1)}, ${this.pick(["'new'", "'exists'"])})`, () => `numbers.delete(${this.int('u32', depth - 1)})`])()
          : `numbers.get(${this.int('u32', depth - 1)}) ${this.pick(['===', '!=='])} undefined`;
      default: return this.bool(0);
    }
  }

  of(type: Kind, depth: number): string { return type === 'boolean' ? this.bool(depth) : this.int(type, depth); }
  key(depth: number): string { return `{ a: u32(${this.int('u32', depth)} & 3), b: u8(${this.int('u8', depth)} & 1) }`; }
  entry(depth: number): string {
    return `{ count: ${this.int('u32', depth)}, total: ${this.int('u64', depth)}, tag: ${this.int('u16', depth)}, open: ${this.bool(depth)}, word: ${this.int('u32', depth)}, debt: ${this.int('i32', depth)}, wide: ${this.int('u64', 0)}, list: [${this.int('u8', depth)}, 2, ${this.int('u8', depth)}, 4] }`;
  }

  block(head: string, depth: number, most: number, tail = '}'): void {
    this.line(head);
    this.indent++;
    const saved = [...this.variables];
    for (let n = 1 + this.next(most); n > 0; n--) this.statement(depth);
    this.variables = saved;
    this.indent--;
    this.line(tail);
  }

  statement(depth: number): void {
    switch (this.next(depth > 0 ? 22 : 11)) {
      case 0: case 1: case 2: {
        const type: Kind = this.next(5) === 0 ? 'boolean' : this.pick(INTS);
        const variable = { name: this.name('v'), type, mutable: this.next(2) === 0 };
        const value = this.of(type, 3);
        this.line(`${variable.mutable ? 'let' : 'const'} ${variable.name}: ${type} = ${value};`);
        this.variables.push(variable);
        return;
      }
      case 3: case 4: case 5: {
        const mine = this.variables.filter(v => v.mutable);
        if (mine.length === 0) return;
        const v = this.pick(mine);
        this.line(`${v.name} = ${this.of(v.type, 3)};`);
        return;
      }
      case 6: {
        if (!this.effects) return;
        const [field, type] = this.pick(PROBE_FIELDS);
        this.line(this.next(6) === 0 ? this.pick(['eth.dst = eth.src;', 'eth.src = eth.dst;']) : `p.${field} = ${this.int(type, 2)};`);
        return;
      }
      case 7: case 8: {
        if (!this.effects) return;
        if (this.held.length > 0) {
          const e = this.pick(this.held);
          const [field, type] = this.pick(ENTRY_FIELDS);
          const value = this.of(type, 2);
          if ((type === 'u32' || type === 'u64') && field !== 'word' && this.next(2) === 0) this.line(`${e}.${field} ${this.pick(['+=', '-=', '|=', '&=', '^='])} ${value};`);
          else if (this.next(5) === 0) this.line(`${e}.list[${this.next(4)}] = ${this.int('u8', 2)};`);
          else this.line(`${e}.${field} = ${value};`);
          return;
        }
        this.line(this.pick([
          () => `numbers.set(${this.int('u32', 1)}, ${this.int('u32', 2)});`, () => `numbers.delete(${this.int('u32', 2)});`,
          () => `words.set(${this.key(1)}, ${this.int('u64', 2)});`, () => `words.delete(${this.key(1)});`,
          () => `entries.set(${this.key(1)}, ${this.entry(1)});`,
        ])());
        return;
      }
      case 9: if (this.effects && this.next(4) === 0) this.line(`if (${this.bool(2)}) return ${this.pick(["drop('one')", "drop('two')", 'flood()', 'reply()', "punt('three')", `to(${this.int('u16', 1)})`])};`); return;
      case 10: return;
      case 11: case 12: case 13:
        if (this.next(2) === 0) { this.block(`if (${this.bool(3)}) {`, depth - 1, 3); return; }
        this.block(`if (${this.bool(3)}) {`, depth - 1, 3, '} else {');
        this.lines.pop();
        this.block('} else {', depth - 1, 3);
        return;
      case 14: case 15: {
        const i = this.name('i');
        const most = 1 + this.next(4);
        const saved = this.variables;
        const head = this.next(2) === 0 ? `for (const ${i} of range(${this.int('u32', 1)}, ${most})) {` : `for (let ${i} = 0; ${i} < ${most}; ${i}++) {`;
        this.variables = [...saved, { name: i, type: 'u32', mutable: false }];
        if (head.includes('range') && this.next(3) === 0) {
          this.line(head);
          this.indent++;
          this.line(`if (${this.bool(2)}) ${this.pick(['break', 'continue'])};`);
          this.indent--;
          this.block('{', depth - 1, 2, '} }');
        } else this.block(head, depth - 1, 2);
        this.variables = saved;
        return;
      }
      case 16: {
        this.line(`switch (${this.int('u8', 2)}) {`);
        this.indent++;
        for (const value of [1, 2, 200].slice(0, 1 + this.next(3))) this.block(`case ${value}: {`, depth - 1, 2, 'break; }');
        this.block('default: {', depth - 1, 2, '}');
        this.indent--;
        this.line('}');
        return;
      }
      default: {
        if (!this.effects || this.held.length > 1) return;
        const e = this.name('e');
        const ofCells = this.next(2) === 0;
        this.line(ofCells ? `const ${e} = cells.get(${this.pick([this.probe('u32'), `${this.probe('u32')} & 3`, '2', 'settings.n % 3'])});` : `const ${e} = entries.get(${this.key(1)});`);
        this.held.push(e);
        this.block(`if (${e}) {`, depth - 1, 4);
        this.held.pop();
        if (!ofCells && this.held.length === 0 && this.next(2) === 0) this.line(`if (${e} === undefined) entries.set(${this.key(1)}, ${this.entry(1)});`);
      }
    }
  }

  helper(): void {
    const params = Array.from({ length: 1 + this.next(3) }, () => this.next(4) === 0 ? 'boolean' as const : this.pick(INTS));
    const result = this.pick(INTS);
    const name = this.name('f');
    this.variables = params.map(type => ({ name: this.name('a'), type, mutable: false }));
    this.line(`function ${name}(${this.variables.map(v => `${v.name}: ${v.type}`).join(', ')}): ${result} {`);
    this.indent++;
    for (let n = this.next(3); n > 0; n--) this.statement(1);
    if (this.next(2) === 0) this.line(`if (${this.bool(2)}) return ${this.int(result, 2)};`);
    this.line(`return ${this.int(result, 3)};`);
    this.indent--;
    this.line('}');
    this.variables = [];
    this.functions.push({ name, params, result });
  }
}

export function randomModule(tape: readonly number[]): string {
  const w = new Writer(tape);
  for (let n = w.next(3); n > 0; n--) w.helper();
  w.packet = true;
  w.effects = true;
  w.line('export default module(pkt => {');
  w.indent++;
  w.line('const eth = pkt.at(Eth);');
  w.line('const p = pkt.at(Probe, 14);');
  while (!w.done) w.statement(2);
  w.line('let all: u32 = 0;');
  for (const v of w.variables) w.line(`all = u32(all * 31) ^ ${v.type === 'u64' || v.type === 'i64' || v.type === 'u128' ? `u32(${v.name} ^ (${v.name} >> 32n))` : `u32(${v.name})`};`);
  w.line('p.seq = all;');
  w.line('return to(u16(all));');
  w.indent--;
  w.line('});');
  return `${HEAD}\n${w.lines.join('\n')}\n`;
}
