// Runs a checked module as the language's definition says, over the typed tree: the reference that compiled modules are compared
// with. It knows nothing of lowering, IR or engines. Its clock stands still, and chance is always 0: modules that are compared may not tell.
// No function calls itself, so every local is one variable for the whole run.

import { checksum, fresh, rewrite, type Written } from './evaluate-checksums.ts';
import { hash } from './evaluate-hash.ts';
import { isA, payload, payloadAt, read } from './evaluate-headers.ts';
import { arithmetic, compareInts, fit } from './evaluate-integers.ts';
import { Entries, type Prefix } from './evaluate-maps.ts';
import { Dropped, PacketMemory } from './evaluate-packet.ts';
import { filled, insert, remove, trim } from './evaluate-resize.ts';
import { elements, optionsOf, readTlv, type Run } from './evaluate-tlvs.ts';
import { bytesOf, copied, held, owned, stored, zeroOf, type Datum, type Struct, type Tlv, type View } from './evaluate-values.ts';
import type { Expr, Func, IntType, Local, MapSymbol, Module, SettingsSymbol, Statement, Target } from '../../src/compiler/2-check/tree.ts';

export interface ModuleOutcome {
  readonly exit: string;
  readonly value: number | string;
  readonly frame: Uint8Array;
  readonly copies: readonly { readonly port: number; readonly frame: Uint8Array }[];
  /** What went into rings. */
  readonly records: readonly Uint8Array[];
}
const MOST_STEPS = 200_000;
const NOW_NS = 1_000_000_000_000n;

interface InnerMap { readonly key: bigint; readonly entries: readonly (readonly [bigint, bigint])[] }

/** State that lives from packet to packet. `given`: contents of tries, by name. */
export class ModuleWorld {
  readonly maps = new Map<MapSymbol, Entries>();
  readonly settings = new Map<SettingsSymbol, Struct>();

  /** `inner`: of maps of maps, what they begin with. */
  constructor(module: Module, given: Readonly<Record<string, readonly Prefix[]>> = {}, inner: Readonly<Record<string, readonly InnerMap[]>> = {}) {
    for (const map of module.maps) {
      const entries = new Entries(map.type, map.capacity);
      entries.give(given[map.name] ?? []);
      for (const { key, entries: within } of map.inner ? inner[map.name] ?? [] : []) {
        const one = new Entries((map.inner as MapSymbol).type, (map.inner as MapSymbol).capacity);
        for (const [k, v] of within) one.set(k, v, 'any');
        entries.set(key, one as unknown as Datum, 'any');
      }
      this.maps.set(map, entries);
    }
    for (const symbol of module.settings) {
      const values = symbol.initial.map(e => new Evaluation(this, new PacketMemory(new Uint8Array(0)), 0).value(e));
      this.settings.set(symbol, { fields: new Map(symbol.class.fields.map((f, i) => [f.name, values[i] as Datum])) });
    }
  }
}

export function evaluateModule(module: Module, world: ModuleWorld, entry: string, frame: Uint8Array, port: number): ModuleOutcome {
  const main = module.entries.find(e => e.name === entry);
  if (!main) throw new Error(`no entry ${entry}`);
  const packet = new PacketMemory(frame.slice(), module.kind === 'xdp' ? 'xdp' : 'tc');
  const evaluation = new Evaluation(world, packet, port);
  const { copies, records } = evaluation;
  try {
    const verdict = evaluation.call(main.function, main.function.params.map(() => 'packet'));
    return { ...(verdict as unknown as Pick<ModuleOutcome, 'exit' | 'value'>), frame: packet.bytes, copies, records };
  } catch (error) {
    if (error instanceof Dropped) return { exit: 'drop', value: error.reason, frame: packet.bytes, copies, records };
    throw error;
  }
}

type Flow = 'on' | 'break' | 'continue' | { readonly returned: Datum };

class Evaluation {
  readonly #world: ModuleWorld;
  readonly #packet: PacketMemory;
  readonly #port: number;
  readonly #locals = new Map<Local, Datum>();
  readonly #meta = new Map<string, bigint>();
  readonly copies: { port: number; frame: Uint8Array }[] = [];
  readonly records: Uint8Array[] = [];
  #steps = 0;

  constructor(world: ModuleWorld, packet: PacketMemory, port: number) {
    this.#world = world;
    this.#packet = packet;
    this.#port = port;
  }

  call(fn: Func, args: readonly Datum[]): Datum {
    for (const [i, p] of fn.params.entries()) this.#locals.set(p, args[i]);
    const flow = this.run(fn.body);
    return typeof flow === 'object' ? flow.returned : undefined;
  }

  #step(): void { if (this.#steps++ > MOST_STEPS) throw new Error('too many steps'); }

  run(s: Statement): Flow {
    this.#step();
    switch (s.kind) {
      case 'block':
        for (const each of s.statements) { const flow = this.run(each); if (flow !== 'on') return flow; }
        return 'on';
      case 'let': this.#locals.set(s.local, s.value ? held(this.value(s.value)) : zeroOf(s.local.type)); return 'on';
      case 'assign': this.#assign(s.target, this.value(s.value)); return 'on';
      case 'update': {
        // Atomic: the operand is there before the old value is looked at.
        const operand = this.value(s.value) as bigint;
        this.#assign(s.target, arithmetic(s.op, s.target.type as IntType, this.value(s.target as Expr) as bigint, operand));
        return 'on';
      }
      case 'expression': this.value(s.value); return 'on';
      case 'if': return this.value(s.condition) === true ? this.run(s.then) : s.else ? this.run(s.else) : 'on';
      case 'switch': {
        const v = this.value(s.value);
        const n = typeof v === 'boolean' ? BigInt(v) : v as bigint;
        const body = s.cases.find(c => c.values.includes(n))?.body ?? s.otherwise;
        const flow = body ? this.run(body) : 'on';
        return flow === 'break' ? 'on' : flow;
      }
      case 'for': {
        if (s.start) this.run(s.start);
        return this.#loop(s.body, () => this.value(s.condition) === true, () => { if (s.step) this.run(s.step); });
      }
      case 'for-range': {
        const count = Math.min(Number(this.value(s.count) as bigint), s.most);
        let i = 0;
        return this.#loop(s.body, () => { this.#locals.set(s.local, BigInt(i)); return i < count; }, () => { i++; });
      }
      case 'for-tlvs': {
        const run = elements(this.#packet, this.#run(s.run));
        return this.#loop(s.body, () => {
          const { value, done } = run.next();
          if (done !== true) this.#locals.set(s.local, value);
          return done !== true;
        }, () => undefined);
      }
      case 'return': return { returned: s.value ? this.value(s.value) : undefined };
      case 'break': return 'break';
      case 'continue': return 'continue';
    }
  }

  #loop(body: Statement, goesOn: () => boolean, step: () => void): Flow {
    for (; goesOn(); step()) {
      const flow = this.run(body);
      if (flow === 'break') break;
      if (typeof flow === 'object') return flow;
    }
    return 'on';
  }

  #run(e: Expr): Run {
    if (e.kind === 'tlvs') return { ...e, start: Number(this.value(e.offset)), end: Number(this.value(e.end)) };
    if (e.kind !== 'member') throw new Error(`no meaning: a run that is ${e.kind}`);
    return optionsOf(this.#packet, this.value(e.view) as View);
  }

  #assign(target: Target, value: Datum): void {
    switch (target.kind) {
      case 'local': this.#locals.set(target.local, held(value)); return;
      case 'field': { const object = this.value(target.object) as Struct; object.fields.set(target.field.name, stored(object, value)); return; }
      case 'element': {
        const list = this.value(target.object) as Datum[];
        const i = Number(this.value(target.index) as bigint);
        if (i < list.length) list[i] = copied(value);
        return;
      }
      case 'member': {
        const { member } = target;
        if (member.kind !== 'stored' || member.access !== 'assign') throw new Error(`no meaning: writing ${target.header.name}.${member.name}`);
        this.#packet.write(this.value(target.view) as View, member, value);
        return;
      }
      case 'meta-field': this.#meta.set(target.name, value as bigint); return;
      case 'packet-field': this.#packet.vlan = value === undefined ? undefined : (value as bigint) & 0xfffn; return;
    }
  }

  readonly value = (e: Expr): Datum => {
    this.#step();
    const of = this.value;
    const int = (x: Expr): bigint => of(x) as bigint;
    const view = (x: Expr): View => of(x) as View;
    switch (e.kind) {
      // Constants of signed types are what they are, of unsigned ones too.
      case 'const': return typeof e.value === 'bigint' && e.type.kind === 'int' ? fit(e.type, e.value) : e.value;
      case 'bytes': return zeroOf(e.type);
      case 'undefined': return undefined;
      case 'local': return this.#locals.get(e.local);
      case 'settings': return this.#world.settings.get(e.symbol);
      case 'struct': {
        const values = e.fields.map(f => [f.field.name, copied(of(f.value))] as const);
        const base = e.base && of(e.base) as Struct;
        return owned({ fields: new Map([...(base ? [...base.fields].map(([n, v]) => [n, copied(v)] as const) : []), ...values]) });
      }
      case 'array': return e.elements.map(x => copied(of(x)));
      case 'field': return (of(e.object) as Struct).fields.get(e.field.name);
      case 'element': return (of(e.object) as Datum[])[Number(int(e.index))];
      case 'convert': {
        const v = of(e.value);
        return e.type.kind !== 'int' ? v : fit(e.type, typeof v === 'boolean' ? BigInt(v) : v as bigint);
      }
      case 'wrap': case 'unwrap': case 'refine': return of(e.value);
      case 'arith': return arithmetic(e.op, e.type as IntType, int(e.left), int(e.right));
      case 'compare': case 'compare-optional': {
        const [a, b] = [of(e.left), of(e.right)];
        return e.op === '==' ? a === b : e.op === '!=' ? a !== b : compareInts(e.op, a as bigint, b as bigint);
      }
      case 'negate': return fit(e.type as IntType, -int(e.value));
      case 'complement': return fit(e.type as IntType, ~int(e.value));
      case 'not': return of(e.value) !== true;
      case 'and': return of(e.left) === true && of(e.right) === true;
      case 'or': return of(e.left) === true || of(e.right) === true;
      case 'present': return of(e.value) !== undefined;
      case 'truthy': { const v = of(e.value); return v !== undefined && v !== 0n && v !== false; }
      case 'select': return of(e.condition) === true ? of(e.then) : of(e.else);
      case 'coalesce': return of(e.left) ?? of(e.right);
      case 'chain': {
        const base = of(e.base);
        if (base === undefined) return undefined;
        this.#locals.set(e.local, base);
        return of(e.then);
      }
      case 'bind': this.#locals.set(e.local, of(e.value)); return of(e.then);
      case 'call': return this.call(e.function, e.args.map(of));
      case 'packet-field':
        switch (e.name) {
          case 'port': return BigInt(this.#port);
          case 'length': return BigInt(this.#packet.bytes.length);
          case 'vlan': return this.#packet.vlan;
          case 'gsoSize': case 'queue': return 0n;
        }
        break;
      case 'meta-field': return this.#meta.get(e.name) ?? 0n;
      case 'at': return this.#packet.view(e.header, Number(int(e.offset)), e.pastEnd);
      case 'payload': return payload(this.#packet, view(e.view), e.header, e.pastEnd);
      case 'view-offset': return BigInt(view(e.view).at);
      case 'view-end': return BigInt(payloadAt(this.#packet, view(e.view)));
      case 'member': return read(this.#packet, view(e.view), e.member.name);
      case 'instanceof': return isA(this.#packet, view(e.value), e.header);
      case 'rewrite': {
        const on = view(e.view);
        const l4 = e.l4 && of(e.l4) as View | undefined;
        rewrite(this.#packet, on, this.#written(e.fields), l4);
        return undefined;
      }
      case 'fresh': {
        const after = view(e.after);
        const fields = this.#written(e.fields);
        filled(this.#packet, after.at + after.header.bytes, e.header);
        return fresh(this.#packet, after, payloadAt(this.#packet, after), e.header, fields);
      }
      case 'insert': case 'remove': {
        const after = view(e.after);
        (e.kind === 'insert' ? insert : remove)(this.#packet, after.at + after.header.bytes, Number(int(e.count)));
        return undefined;
      }
      case 'trim': trim(this.#packet, Number(int(e.length))); return undefined;
      case 'checksum': { const from = view(e.from); return checksum(this.#packet, from, Number(int(e.length)), e.most); }
      case 'mac-test': return e.test === 'multicast' ? (int(e.mac) >> 40n & 1n) === 1n : int(e.mac) === 0xffff_ffff_ffffn;
      case 'tlv-field': { const tlv = of(e.tlv) as Tlv; return e.name === 'type' ? tlv.type : BigInt(tlv.length & 0xff); }
      case 'tlv-read': return readTlv(this.#packet, of(e.tlv) as Tlv, Number(int(e.offset)), e.bits);
      case 'map-get': return this.#entries(e.map).get(of(e.key));
      case 'map-set': { const key = of(e.key), value = of(e.value); return this.#entries(e.map).set(key, value, e.mode, e.seconds && int(e.seconds)); }
      case 'map-delete': return this.#entries(e.map).delete(of(e.key));
      case 'map-keep': { const entry = of(e.entry); return this.#entries(e.map).keep(entry, int(e.seconds)); }
      case 'ring-send': this.records.push(bytesOf(this.#entries(e.map).type.value, of(e.value))); return true;
      case 'map-length': return BigInt(this.#entries(e.map).capacity);
      case 'mirror': this.copies.push({ port: Number(int(e.port)), frame: this.#packet.bytes.slice() }); return undefined;
      case 'jump': return this.call(e.symbol.function, ['packet', ...(e.state ? [copied(of(e.state))] : [])]);
      case 'counter-add': of(e.by); return undefined;
      case 'fetch-add': {
        const object = of(e.object) as Struct;
        const by = int(e.by);
        const before = object.fields.get(e.field.name) as bigint;
        object.fields.set(e.field.name, fit(e.field.type as IntType, before + by));
        return before;
      }
      case 'compare-swap': {
        const object = of(e.object) as Struct;
        const [expected, value] = [int(e.expected), int(e.value)];
        if (object.fields.get(e.field.name) !== expected) return false;
        object.fields.set(e.field.name, value);
        return true;
      }
      case 'now': return NOW_NS;
      case 'seconds': return NOW_NS / 1_000_000_000n;
      case 'random': return 0n;
      case 'hash': return hash(int(e.seed), e.parts.map(p => [p.type, of(p)] as const));
      case 'min': case 'max': { const [a, b] = [int(e.left), int(e.right)]; return (a < b) === (e.kind === 'min') ? a : b; }
      case 'mapped': return int(e.value) | 0xffff_0000_0000n;
      case 'unmapped': return int(e.value) & 0xffff_ffffn;
      case 'to': return { exit: 'to', value: Number(int(e.port)) } as unknown as Datum;
      case 'flood': case 'reply': case 'next': return { exit: e.kind, value: 0 } as unknown as Datum;
      case 'drop': case 'punt': return { exit: e.kind, value: e.reason } as unknown as Datum;
      case 'log': e.values.forEach(of); return undefined;
      default: break;
    }
    throw new Error(`no meaning: ${e.kind}`);
  };

  #written(fields: readonly { readonly member: { readonly name: string }; readonly value: Expr }[]): Written[] {
    return fields.map(f => ({ name: f.member.name, value: this.value(f.value) }));
  }

  #entries(map: Expr): Entries {
    return (map.kind === 'map' ? this.#world.maps.get(map.symbol) : this.value(map) as unknown) as Entries;
  }
}
