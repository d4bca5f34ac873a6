// Random statements about packets: headers of IPv4 and IPv6 with what is behind them, rewriting, checksums, options, room.
// Where bytes move, the views that are at hand afterwards are taken anew.

import { STATE_FIELDS } from './random-head.ts';
import { Statements } from './random-statements.ts';
import type { Int, Kind, ViewVariable } from './random-text.ts';

const BEHIND: Readonly<Record<string, readonly string[]>> = {
  Ip: ['L4', 'Ports', 'Tcp', 'Udp', 'AnyIcmp', 'Icmp', 'Icmpv6'], Ipv4: ['L4', 'Ports', 'Tcp', 'Udp', 'Icmp', 'AnyIcmp'],
  Ipv6: ['L4', 'Ports', 'Tcp', 'Udp', 'Icmpv6', 'Ipv6Options', 'Ipv6Routing', 'Ipv6Fragment'], Udp: ['Probe', 'Wide'], AnyIcmp: ['Probe'], Icmp: ['Wide'], Icmpv6: ['Wide'],
};
/** What says for itself what follows. */
const CANNOT_SAY = new Set(['Udp', 'AnyIcmp', 'Icmp', 'Icmpv6', 'Probe']);
const REWRITABLE: Readonly<Record<string, readonly (readonly [string, Int])[]>> = {
  Ip: [['ttl', 'u8'], ['tos', 'u8'], ['src6', 'u128'], ['dst6', 'u128']], Ipv4: [['ttl', 'u8'], ['tos', 'u8'], ['id', 'u16'], ['src', 'u32'], ['dst', 'u32'], ['frag', 'u16']],
  Ipv6: [['ttl', 'u8'], ['tos', 'u8'], ['flowLabel', 'u32'], ['src', 'u128'], ['dst', 'u128']],
  Ports: [['srcPort', 'u16'], ['dstPort', 'u16']], Udp: [['srcPort', 'u16'], ['dstPort', 'u16']],
  Tcp: [['srcPort', 'u16'], ['dstPort', 'u16'], ['seq', 'u32'], ['ackSeq', 'u32'], ['window', 'u16'], ['flags', 'u8'], ['urgent', 'u16']],
  AnyIcmp: [['type', 'u8'], ['code', 'u8'], ['id', 'u16'], ['seq', 'u16']], Icmp: [['type', 'u8'], ['rest', 'u32']], Icmpv6: [['code', 'u8'], ['id', 'u16']],
  Probe: [['id', 'u16'], ['seq', 'u32'], ['kind', 'u8'], ['flags', 'u8']],
};
const VERDICTS = { module: 'Verdict', filter: 'FilterVerdict', xdp: 'XdpVerdict' } as const;
const HAS_OPTIONS = new Set(['Ipv4', 'Tcp', 'Ipv6Options']);
const isIp = (v: ViewVariable): boolean => v.header.startsWith('Ip') && v.header.length <= 4;

export class Packets extends Statements {
  /** Of the program itself, not in a block. */
  #nesting = 0;

  override block(head: string, depth: number, most: number, tail?: string): void {
    this.#nesting++;
    super.block(head, depth, most, tail);
    this.#nesting--;
  }

  override statement(depth: number): void {
    if (!this.effects || !this.style.network || this.next(5) < 2) { if (this.style.network || this.next(12) > 0 || !this.effects) super.statement(depth); else this.other(depth); return; }
    switch (this.next(12)) {
      case 0: case 1: case 2: this.take('eth', this.pick(['Ip', 'Ip', 'Ipv4', 'Ipv6']), depth); return;
      case 3: case 4: case 5: case 6: this.inner(depth); return;
      case 7: case 8: this.rewritten(); return;
      case 9: if (depth > 0) this.options(depth); return;
      case 10: if (this.#nesting === 0 && this.style.program !== 'filter' && !this.busy) this.room(); return;
      default: this.other(depth);
    }
  }

  /** One more program, which the module may end with. */
  stage(): void {
    const name = this.name('t');
    const { p } = this;
    this.within(() => {
      this.scope = { variables: STATE_FIELDS.map(([field, type]) => ({ name: `state.${field}`, type, mutable: false })), maybes: [], structs: [], views: [], held: [], guarded: false };
      this.packet = true;
      this.effects = true;
      this.inStage = true;
      this.line(`const ${name} = stage((pkt, state: State): ${VERDICTS[this.style.program]} => {`);
      this.indent++;
      this.line('const eth = pkt.at(Eth);');
      this.line('const p = pkt.at(Probe, 14);');
      for (let n = this.next(5); n > 0; n--) this.statement(2);
      this.line(`${this.p}.seq = ${this.int('u32', 1)};`);
      this.line(`return ${this.verdict()};`);
      this.indent--;
      this.line('});');
    });
    this.p = p;
    this.packet = false;
    this.effects = false;
    this.inStage = false;
    this.stages.push(name);
  }

  /** A view of what is behind another, for a block or from here on. */
  take(from: string, header: string, depth: number, sure = false): void {
    const view = { name: this.name('h'), header };
    this.line(`const ${view.name} = ${from}.${this.pick(['payload', 'payload', 'tryPayload'])}(${header});`);
    const perhaps = !sure || this.lines.at(-1)?.includes('tryPayload') === true;
    if (!perhaps) { this.scope.views.push(view); return; }
    if (depth <= 0 || (this.#nesting === 0 && this.next(3) === 0)) {
      this.line(`if (!${view.name}) return ${this.verdict()};`);
      this.scope.views.push(view);
      return;
    }
    this.within(() => {
      this.scope.views.push(view);
      this.block(`if (${view.name}) {`, depth - 1, 4);
    });
  }

  inner(depth: number): void {
    const { views } = this.scope;
    const able = views.filter(v => BEHIND[v.header] !== undefined);
    if (able.length === 0) { this.take('eth', 'Ip', depth); return; }
    const view = this.pick(able);
    if (view.header.includes('cmp') && this.next(2) === 0 && depth > 0) {
      const quoted = { name: this.name('q'), header: view.header === 'AnyIcmp' ? 'Ip' : view.header === 'Icmp' ? 'Ipv4' : 'Ipv6' };
      this.line(`const ${quoted.name} = ${view.name}.quoted;`);
      this.within(() => { this.scope.views.push(quoted); this.block(`if (${quoted.name}) {`, depth - 1, 3); });
      return;
    }
    if (view.header === 'Ip' && this.next(5) === 0 && depth > 0) {
      const kind = this.pick(['Ipv4', 'Ipv6']);
      this.within(() => {
        this.scope.views = [...views.filter(v => v !== view), { name: view.name, header: kind }];
        this.block(`if (${view.name} instanceof ${kind}) {`, depth - 1, 3);
      });
      return;
    }
    const wanted = this.pick(BEHIND[view.header] ?? []);
    this.take(view.name, wanted, depth, CANNOT_SAY.has(view.header));
  }

  rewritten(): void {
    const able = this.scope.views.filter(v => REWRITABLE[v.header] !== undefined);
    if (able.length === 0) return;
    const view = this.pick(able);
    const fields = new Map<string, string>();
    for (let n = 1 + this.next(3); n > 0; n--) {
      const [name, type] = this.pick(REWRITABLE[view.header] ?? []);
      fields.set(name, this.int(type, 2));
    }
    const l4 = isIp(view) ? `, ${this.pick([`${view.name}.payload(L4)`, `${view.name}.tryPayload(L4)`, 'undefined', `${view.name}.payload(Ports)`])}` : '';
    this.line(`${view.name}.rewrite({ ${[...fields].map(([n, v]) => `${n}: ${v}`).join(', ')} }${l4});`);
  }

  options(depth: number): void {
    const able = this.scope.views.filter(v => HAS_OPTIONS.has(v.header));
    const o = this.name('o');
    const run = able.length > 0 ? `${this.pick(able).name}.options`
      : `tlvs(pkt, { offset: ${this.pick([20, 34, 54])}, end: ${this.pick(['u16(pkt.length)', '48', this.int('u16', 1)])}, most: ${1 + this.next(6)}${this.pick(['', ', pad: 0', ', pad: 1, stop: 0', ', lengthUnit: 8', ', lengthCoversHeader: true'])} })`;
    this.line(`for (const ${o} of ${run}) {`);
    this.indent++;
    this.within(() => {
      const type = this.pick(['type', 'length', 'u8()', 'be16()', 'be32()', 'be16(1)', 'u8(3)', 'be32(2)']);
      const value = { name: this.name('v'), type: (type.includes('be32') ? 'u32' : type.includes('be16') ? 'u16' : 'u8') as Kind, mutable: false };
      if (this.next(3) === 0) this.line(`if (${o}.type === ${this.pick([1, 2, 3, 7])}) ${this.pick(['break', 'continue'])};`);
      this.line(`const ${value.name}: ${value.type} = ${o}.${type};`);
      this.scope.variables.push(value);
      this.block('{', depth - 1, 2);
    });
    this.indent--;
    this.line('}');
  }

  /** Bytes are put in or taken out: behind it, all views are others. */
  room(): void {
    const count = this.pick([4, 8, 20, 24, 1]);
    switch (this.next(5)) {
      case 0: this.line(`pkt.insert(eth, ${count});`); this.anew(); return;
      case 1: this.line(`pkt.remove(eth, ${count});`); this.anew(); return;
      case 2: this.line(`pkt.trim(${this.pick([() => '64', () => '40', () => '16', () => `u16(min(${this.int('u32', 1)}, 180))`, () => 'u16(pkt.length - 3 & 127)'])()});`); this.anew(); return;
      case 3: {
        const outer = this.name('h');
        const six = this.next(2) === 0;
        this.line(`pkt.insert(eth, ${six ? 40 : 20});`);
        this.anew();
        this.line(six ? `const ${outer} = eth.fresh(Ipv6, { src: ipv6('fd00::1'), dst: u128(${this.int('u128', 1)}), payloadLength: ${this.int('u16', 1)}, protocol: 4 });`
          : `const ${outer} = eth.fresh(Ipv4, { src: ipv4('10.0.0.9'), dst: u32(${this.int('u32', 0)}), length: ${this.int('u16', 1)}, protocol: ${this.pick(['4', '17', this.int('u8', 0)])} });`);
        return;
      }
      default: {
        const [outer, udp] = [this.name('h'), this.name('h')];
        this.line('pkt.insert(eth, 28);');
        this.anew();
        this.line(`const ${outer} = eth.fresh(Ipv4, { src: ipv4('10.0.0.9'), dst: ipv4('10.0.0.1'), protocol: 17, length: u16(pkt.length - 14) });`);
        this.line(`const ${udp} = ${outer}.fresh(Udp, { srcPort: ${this.int('u16', 0)}, dstPort: 53, length: ${this.pick([() => 'u16(pkt.length - 34)', () => `8 + (${this.int('u16', 0)} & 31)`, () => '12'])()} });`);
        this.line(`if (${udp}.srcPort === 7) return ${this.verdict()};`);
      }
    }
  }

  anew(): void {
    const p = this.name('p');
    this.line(`const ${p} = pkt.at(Probe, 14);`);
    this.p = p;
    this.scope.views = [];
  }

  other(depth: number): void {
    const { views } = this.scope;
    const tc = this.style.program !== 'xdp';
    this.pick([
      () => {
        const from = views.length > 0 && this.next(2) === 0 ? this.pick(views).name : this.p;
        this.declare('u16', `checksum(${from}, ${this.pick([() => `u16(${this.int('u32', 1)} & 63)`, () => '20', () => '7', () => 'u16(min(pkt.length, 40))'])()}, 64)`);
      },
      () => { if (tc) this.line(`pkt.vlan = ${this.pick([() => 'undefined', () => '5', () => this.int('u16', 1), () => `smallOf(${this.int('u32', 0)})`])()};`); },
      () => { if (tc) this.declare('u16', `pkt.vlan ?? ${this.literal('u16')}`); },
      () => { if (tc) this.line(`pkt.meta.tunnelKey = ${this.int('u32', 1)};`); },
      () => {
        const wide = { name: this.name('h'), header: 'Wide' };
        this.line(`const ${wide.name} = pkt.tryAt(Wide, ${this.pick([() => 40, () => 60, () => this.int('u16', 1)])()});`);
        this.within(() => {
          this.scope.views.push(wide);
          if (!this.style.network) this.line(`if (${wide.name}) { ${this.pick([`${wide.name}.host = ${this.int('u128', 1)}`, `${wide.name}.last = ${this.int('u8', 1)}`, `${wide.name}.hw = eth.src`, `${wide.name}.last = ${wide.name}.tag[1] ?? 7`])}; }`);
          if (depth > 0) this.block(`if (${wide.name}) {`, depth - 1, 2);
        });
      },
    ])();
  }
}
