// Random expressions, each of a type that is asked for.

import { ENTRY_FIELDS, PAIR_FIELDS, PROBE_FIELDS, SETTINGS } from './random-head.ts';
import { Writer, type Int, type Kind } from './random-text.ts';

export const INTS: readonly Int[] = ['u32', 'u32', 'u8', 'u16', 'i32', 'u64', 'i64', 'u128'];
const BITS: Readonly<Record<Int, number>> = { u8: 8, u16: 16, u32: 32, i32: 32, u64: 64, i64: 64, u128: 128 };
const isBig = (t: Int): boolean => t === 'u64' || t === 'i64' || t === 'u128';
const LITERALS = [0n, 1n, 2n, 3n, 7n, 8n, 31n, 100n, 127n, 128n, 255n, 256n, 0x7fffn, 0x8000n, 0xffffn, 0x1_0000n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 0x1_0000_0000n, 0x7fff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn, 0x0102_0304_0506_0708n];
const COMPARISONS = ['===', '!==', '<', '<=', '>', '>='];

type Fields = readonly (readonly [string, Kind])[];
const IP: Fields = [['ttl', 'u8'], ['tos', 'u8'], ['protocol', 'u8'], ['length', 'u16'], ['src6', 'u128'], ['dst6', 'u128'], ['isFragment', 'boolean'], ['isLaterFragment', 'boolean'], ['fragmentId', 'u32'], ['offset', 'u16']];
const PORTS: Fields = [['srcPort', 'u16'], ['dstPort', 'u16'], ['offset', 'u16']];
const ICMP: Fields = [['type', 'u8'], ['code', 'u8'], ['id', 'u16'], ['seq', 'u16'], ['rest', 'u32'], ['isEcho', 'boolean'], ['isEchoRequest', 'boolean'], ['isError', 'boolean'], ['end', 'u16']];
/** What can be read of views. */
const VIEW_FIELDS: Readonly<Record<string, Fields>> = {
  Ip: IP,
  Ipv4: [...IP, ['src', 'u32'], ['dst', 'u32'], ['id', 'u16'], ['frag', 'u16'], ['headerLength', 'u16'], ['dontFragment', 'boolean']],
  Ipv6: [...IP, ['src', 'u128'], ['dst', 'u128'], ['payloadLength', 'u16'], ['flowLabel', 'u32'], ['nextHeader', 'u8']],
  Ipv6Options: [['nextHeader', 'u8'], ['offset', 'u16']], Ipv6Routing: [['nextHeader', 'u8'], ['type', 'u8'], ['segmentsLeft', 'u8']],
  Ipv6Fragment: [['nextHeader', 'u8'], ['fragmentOffset', 'u16'], ['moreFragments', 'boolean'], ['id', 'u32']],
  L4: [['offset', 'u16']], Ports: PORTS,
  Tcp: [...PORTS, ['seq', 'u32'], ['ackSeq', 'u32'], ['window', 'u16'], ['urgent', 'u16'], ['flags', 'u8'], ['dataOffset', 'u8'], ['headerLength', 'u16'], ['syn', 'boolean'], ['opens', 'boolean'], ['psh', 'boolean']],
  Udp: [...PORTS, ['length', 'u16'], ['end', 'u16']],
  AnyIcmp: [...ICMP, ['isNeighborDiscovery', 'boolean']], Icmp: ICMP, Icmpv6: ICMP,
  Probe: PROBE_FIELDS, Wide: [['host', 'u128'], ['last', 'u8'], ['end', 'u16']],
};

export class Values extends Writer {
  literal(type: Int): string {
    const bits = BITS[type];
    const most = type.startsWith('i') ? (1n << BigInt(bits - 1)) - 1n : (1n << BigInt(bits)) - 1n;
    const fits = LITERALS.filter(v => v <= most);
    return `${type}(${this.pick(fits)}${isBig(type) ? 'n' : ''})`;
  }

  #as(type: Int, of: Kind, text: string): string { return of === type ? text : `${type}(${text})`; }

  leaf(type: Int): string {
    const mine = this.scope.variables.filter(v => v.type === type);
    const { views, held, structs } = this.scope;
    switch (this.next(8)) {
      case 0: return this.literal(type);
      case 1: {
        if (this.next(6) === 0) return this.#as(type, 'u8', 'parts.depth');
        const [field, of] = this.pick(SETTINGS);
        return this.#as(type, of, `settings.${field}`);
      }
      case 2:
        if (!this.packet) return this.literal(type);
        if (held.length > 0 && this.next(2) === 0) {
          const [field, of] = this.pick(ENTRY_FIELDS);
          return this.#as(type, of, `${this.pick(held)}.${field}`);
        }
        if (this.next(5) === 0) return `${type}(pkt.${this.pick(this.style.program === 'xdp' ? (this.inStage ? ['length'] : ['length', 'queue']) : ['port', 'length', 'gsoSize', 'meta.conntrack', 'meta.tunnelKey', 'meta.hops', 'meta.domain'])})`;
        return this.probe(type);
      case 3: case 4: {
        if (views.length === 0) break;
        const view = this.pick(views);
        const fields = VIEW_FIELDS[view.header] ?? [];
        const [field, of] = this.pick(fields);
        // Addresses have types of their own: they are converted always.
        return of === 'boolean' || of !== type || /^(src|dst)6?$/.test(field) ? `${type}(${view.name}.${field})` : `${view.name}.${field}`;
      }
      case 5: {
        if (structs.length === 0) break;
        const { name, type: of } = this.pick(structs);
        const [path, kind] = this.pick<readonly [string, Kind]>(of === 'Pair' ? PAIR_FIELDS : of === 'Tally' ? [['count', 'u32'], ['mean', 'u32'], ['isBusy', 'boolean'], ['bytes', 'u32']]
          : [...PAIR_FIELDS.map(([f, k]) => [`pair.${f}`, k] as const), ['words[1]', 'u32'], ['words[2]', 'u32'], ['host', 'u128'], ['tail[3] ?? 7', 'u8'], ['kind', 'u8'], ['hw.isMulticast', 'boolean']]);
        return kind === 'boolean' || kind !== type || path.includes('??') ? `${type}(${name}.${path})` : `${name}.${path}`;
      }
      default:
    }
    return mine.length > 0 ? this.pick(mine).name : this.packet ? this.probe(type) : this.literal(type);
  }

  probe(type: Int): string {
    const [field, of] = this.pick(PROBE_FIELDS);
    return this.#as(type, of, `${this.p}.${field}`);
  }

  int(type: Int, depth: number): string {
    if (depth <= 0 || this.done) return this.leaf(type);
    const sub = (): string => this.int(type, depth - 1);
    switch (this.next(20)) {
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
      case 14: return this.packet ? this.#looked(type, depth) : sub();
      case 15: {
        const maybes = this.scope.maybes.filter(m => m.type === type);
        if (maybes.length > 0 && this.next(2) === 0) return this.next(2) === 0 ? `(${this.pick(maybes).name} ?? ${sub()})` : `orElse<${type}>(${this.pick(maybes).name}, ${sub()})`;
        const records = this.scope.structs.filter(x => x.type === 'Record');
        if (records.length > 0 && this.next(2) === 0) return `${type}(${this.pick(records).name}.${this.pick(['words', 'tail'])}[${this.int('u32', depth - 1)} & ${this.pick([1, 3, 7])}] ?? ${this.literal('u8')})`;
        return this.pick([
          () => `choose<${type}>(${this.bool(depth - 1)}, ${sub()}, ${sub()})`,
          () => { const x = this.name('x'); return `twice<${type}>(${sub()}, ${x} => ${type}(${x} ${type === 'u128' ? '^' : this.pick(['*', '+', '-', '|'])} ${sub()}))`; },
          () => `${type}(pairOf(${this.int('u32', depth - 1)})?.${this.pick(['left ?? 5', 'right ?? 6', 'far ?? 7n'])})`,
          () => `${type}(smallOf(${this.int('u32', depth - 1)}) ?? ${this.literal('u8')})`,
        ])();
      }
      case 16: return `${type}(hash(${this.int('u32', 0)}, ${this.pick([() => this.int('u64', depth - 1), () => this.int('u16', depth - 1), () => this.int('u128', depth - 1), () => this.int('i32', depth - 1), () => this.packet ? 'eth.src' : 'settings.host', () => this.scope.structs.find(x => x.type === 'Pair')?.name ?? 'settings.n'])()}))`;
      case 17: return `${type}(${this.pick(['u32(random() & 0)', 'u32(seconds() - seconds() >> 3)', 'u64(now() - now() >> 40n) & 0n', 'mapped(ipv4(\'10.0.0.1\'))', 'unmapped(settings.host)', 'ipv6(\'fd00::1\')'])})`;
      default:
        if (this.scope.held.length > 0 && this.effects) {
          const e = this.pick(this.scope.held);
          if (this.next(3) > 0) return `${type}(fetchAdd(${e}, 'count', ${this.int('u32', depth - 1)}))`;
          return `${type}(compareSwap(${e}, 'total', ${this.int('u64', depth - 1)}, ${this.int('u64', depth - 1)}))`;
        }
        return sub();
    }
  }

  #looked(type: Int, depth: number): string {
    const i = (of: Int): string => this.int(of, depth - 1);
    return `${type}(${this.pick([
      () => `numbers.get(${i('u32')}) ?? ${this.literal('u32')}`,
      () => `words.get(${this.key(depth - 1)}) ?? ${this.literal('u64')}`,
      () => `cells.get(${this.probe('u32')} & ${this.pick(['1', '3', '7'])})?.${this.pick(['count', 'word'])} ?? ${this.literal('u32')}`,
      () => `settings.table[${this.pick([`${this.probe('u32')} & 3`, 'settings.n', this.probe('u32'), `u32(${i('u32')} ^ ${this.probe('u32')})`])}] ?? ${this.literal('u16')}`,
      () => `records.get(${i('u8')} & 3)?.${this.pick(['pair.left', 'words[1]', 'kind', 'pair.right'])} ?? ${this.literal('u8')}`,
      () => `hosts.get(${i('u128')} & 3n)?.left ?? ${this.literal('u32')}`,
      () => `recent.get(${i('u16')} & 7) ?? ${this.literal('u32')}`,
      () => `ages.get(${i('u8')} & 3)?.right ?? ${this.literal('u16')}`,
      () => `routes.get(${this.pick(['ipv4(\'10.0.0.1\')', i('u32')])}) ?? ${this.literal('u32')}`,
      () => `sites.get(${this.pick(['settings.host', i('u128')])}) ?? ${this.literal('u8')}`,
      () => `tallies.get(${i('u8')} & 3)?.mean ?? ${this.literal('u32')}`,
      () => `rings.get(${i('u32')} & 3)?.get(${i('u32')} & 7) ?? ${this.literal('u32')}`,
      () => `tables.get(${this.probe('u32')} & ${this.pick(['1', '3'])})?.get(${i('u16')} & 7) ?? ${this.literal('u32')}`,
    ])()})`;
  }

  bool(depth: number): string {
    const mine = this.scope.variables.filter(v => v.type === 'boolean');
    if (depth <= 0 || this.done) return mine.length > 0 && this.next(2) === 0 ? this.pick(mine).name : this.pick([() => 'settings.on', () => `${this.leaf('u32')} < ${this.leaf('u32')}`, () => this.pick(['parts.extra', 'parts.none']), () => `${this.leaf('u16')} >= ${this.leaf('u16')}`])();
    switch (this.next(13)) {
      case 0: case 1: case 2: case 3: {
        const type = this.pick(INTS);
        return `${this.int(type, depth - 1)} ${this.pick(COMPARISONS)} ${this.int(type, depth - 1)}`;
      }
      case 4: return `(${this.bool(depth - 1)} && ${this.bool(depth - 1)})`;
      case 5: return `(${this.bool(depth - 1)} || ${this.bool(depth - 1)})`;
      case 6: return `!(${this.bool(depth - 1)})`;
      case 7: return this.packet ? this.pick(['eth.src === eth.dst', 'eth.src.isMulticast', 'eth.dst.isBroadcast', 'eth.dst !== Mac.broadcast', "eth.src === mac('02:00:00:00:00:01')"]) : 'settings.on';
      case 8:
        if (!this.packet) return this.bool(depth - 1);
        return this.effects && !this.busy ? this.pick([() => `numbers.set(${this.int('u32', depth - 1)}, ${this.int('u32', depth - 1)}, ${this.pick(["'new'", "'exists'"])})`, () => `numbers.delete(${this.int('u32', depth - 1)})`, () => `ages.set(${this.int('u8', 0)} & 3, ${this.pairLiteral(0)}, ${this.pick([0, 500])}, ${this.pick(["'new'", "'exists'"])})`])()
          : `numbers.get(${this.int('u32', depth - 1)}) ${this.pick(['===', '!=='])} undefined`;
      case 9: {
        const { maybes } = this.scope;
        if (maybes.length === 0) return this.bool(0);
        const maybe = this.pick(maybes);
        return this.pick([
          () => `${maybe.name} ${this.pick(['===', '!=='])} undefined`, () => `${maybe.name} ${this.pick(['===', '!=='])} ${this.int(maybe.type as Int, depth - 1)}`,
          () => `${maybe.name} ${this.pick(['===', '!=='])} ${this.pick(maybes.filter(m => m.type === maybe.type)).name}`,
        ])();
      }
      case 10: {
        const views = this.scope.views.flatMap(v => (VIEW_FIELDS[v.header] ?? []).filter(([, k]) => k === 'boolean').map(([f]) => `${v.name}.${f}`));
        return views.length > 0 ? this.pick(views) : this.pick(['random() <= 0xffff_ffff', 'seconds() > 0', 'now() > 5n']);
      }
      case 11: return `pairOf(${this.int('u32', depth - 1)})${this.pick([' === undefined', ' !== undefined', '?.on === true', '?.on !== false'])}`;
      default: return this.bool(0);
    }
  }

  of(type: Kind, depth: number): string { return type === 'boolean' ? this.bool(depth) : this.int(type, depth); }
  key(depth: number): string { return `{ a: u32(${this.int('u32', depth)} & 3), b: u8(${this.int('u8', depth)} & 1) }`; }
  entry(depth: number): string {
    return `{ count: ${this.int('u32', depth)}, total: ${this.int('u64', depth)}, tag: ${this.int('u16', depth)}, open: ${this.bool(depth)}, word: ${this.int('u32', depth)}, debt: ${this.int('i32', depth)}, wide: ${this.int('u64', 0)}, list: [${this.int('u8', depth)}, 2, ${this.int('u8', depth)}, 4] }`;
  }
  pairLiteral(depth: number): string {
    const pairs = this.scope.structs.filter(s => s.type === 'Pair');
    if (pairs.length > 0 && this.next(3) === 0) return `{ ...${this.pick(pairs).name}, ${this.pick([() => `left: ${this.int('u32', depth)}`, () => `on: ${this.bool(depth)}`])()} }`;
    return `{ left: ${this.int('u32', depth)}, right: ${this.int('u16', depth)}, on: ${this.bool(depth)}, far: ${this.int('i64', depth)} }`;
  }
  recordLiteral(depth: number): string {
    const records = this.scope.structs.filter(s => s.type === 'Record');
    const pairs = this.scope.structs.filter(s => s.type === 'Pair');
    if (records.length > 0 && this.next(3) === 0) return `{ ...${this.pick(records).name}, kind: ${this.int('u8', depth)} }`;
    const pair = pairs.length > 0 && this.next(2) === 0 ? this.pick(pairs).name : this.pairLiteral(depth);
    return `{ pair: ${pair}, words: [${this.int('u32', depth)}, ${this.int('u32', 0)}, 3], host: ${this.int('u128', depth)}, hw: ${this.packet ? this.pick(['eth.src', 'eth.dst', 'Mac.broadcast']) : 'Mac.zero'}, tail: ${records.length > 0 && this.next(2) === 0 ? `${this.pick(records).name}.tail` : 'bytes(5)'}, kind: ${this.int('u8', depth)} }`;
  }
}
