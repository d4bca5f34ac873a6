// Runs a checked module as the language's definition says, over the typed tree: the reference that compiled modules are compared
// with. It knows nothing of lowering, IR or engines. What it has no meaning for (clocks, chance, checksums) it refuses.

import { arithmetic, compareInts, fit } from './evaluate-integers.ts';
import { PacketMemory, Short } from './evaluate-packet.ts';
import { copied, Entries, zeroOf, type Datum, type Struct } from './evaluate-values.ts';
import type { Expr, Func, IntType, Local, MapSymbol, Module, SettingsSymbol, Statement, Target, Type } from '../../src/compiler/2-check/tree.ts';

export interface ModuleOutcome { readonly exit: string; readonly value: number | string }

/** State that lives from packet to packet. */
export class ModuleWorld {
  readonly maps = new Map<MapSymbol, Entries>();
  readonly settings = new Map<SettingsSymbol, Struct>();

  constructor(module: Module) {
    for (const map of module.maps) this.maps.set(map, new Entries(map.type, map.capacity));
    for (const symbol of module.settings) {
      const values = symbol.initial.map(e => new Evaluation(this, new PacketMemory(new Uint8Array(0)), 0).value(e, new Map()));
      this.settings.set(symbol, { fields: new Map(symbol.class.fields.map((f, i) => [f.name, values[i] as Datum])) });
    }
  }
}

export function evaluateModule(module: Module, world: ModuleWorld, entry: string, packet: Uint8Array, port: number): ModuleOutcome {
  const main = module.entries.find(e => e.name === entry);
  if (!main) throw new Error(`no entry ${entry}`);
  try {
    const run = new Evaluation(world, new PacketMemory(packet), port);
    const verdict = run.call(main.function, main.function.params.map(() => 'packet'));
    return verdict as unknown as ModuleOutcome;
  } catch (error) {
    if (error instanceof Short) return { exit: 'drop', value: 'short' };
    throw error;
  }
}

type Locals = Map<Local, Datum>;
type Flow = 'on' | 'break' | 'continue' | { readonly returned: Datum };
type ValueOf = (e: Expr, locals: Locals) => Datum;

class Evaluation {
  readonly #world: ModuleWorld;
  readonly #packet: PacketMemory;
  readonly #port: number;
  #steps = 0;

  constructor(world: ModuleWorld, packet: PacketMemory, port: number) {
    this.#world = world;
    this.#packet = packet;
    this.#port = port;
  }

  call(fn: Func, args: readonly Datum[], around: Locals = new Map()): Datum {
    const locals: Locals = new Map(fn.closure ? around : []);
    for (const [i, p] of fn.params.entries()) locals.set(p, args[i]);
    const flow = this.run(fn.body, locals);
    // A closure writes the locals of the function around it.
    if (fn.closure) for (const l of around.keys()) around.set(l, locals.get(l));
    return typeof flow === 'object' ? flow.returned : undefined;
  }

  run(s: Statement, l: Locals): Flow {
    if (this.#steps++ > 200_000) throw new Error('too many steps');
    switch (s.kind) {
      case 'block':
        for (const each of s.statements) { const flow = this.run(each, l); if (flow !== 'on') return flow; }
        return 'on';
      case 'let': l.set(s.local, s.value ? this.value(s.value, l) : zeroOf(s.local.type)); return 'on';
      case 'assign': this.#assign(s.target, this.value(s.value, l), l); return 'on';
      case 'update': {
        // Atomic: the operand is there before the old value is looked at.
        const operand = this.value(s.value, l) as bigint;
        this.#assign(s.target, arithmetic(s.op, s.target.type as IntType, this.value(s.target as Expr, l) as bigint, operand), l);
        return 'on';
      }
      case 'expression': this.value(s.value, l); return 'on';
      case 'if': return this.value(s.condition, l) === true ? this.run(s.then, l) : s.else ? this.run(s.else, l) : 'on';
      case 'switch': {
        const v = this.value(s.value, l);
        const n = typeof v === 'boolean' ? BigInt(v) : v as bigint;
        const body = s.cases.find(c => c.values.includes(n))?.body ?? s.otherwise;
        const flow = body ? this.run(body, l) : 'on';
        return flow === 'break' ? 'on' : flow;
      }
      case 'for': {
        if (s.start) this.run(s.start, l);
        while (this.value(s.condition, l) === true) {
          const flow = this.run(s.body, l);
          if (flow === 'break') break;
          if (typeof flow === 'object') return flow;
          if (s.step) this.run(s.step, l);
        }
        return 'on';
      }
      case 'for-range': {
        const count = Math.min(Number(this.value(s.count, l) as bigint), s.most);
        for (let i = 0; i < count; i++) {
          l.set(s.local, BigInt(i));
          const flow = this.run(s.body, l);
          if (flow === 'break') break;
          if (typeof flow === 'object') return flow;
        }
        return 'on';
      }
      case 'return': return { returned: s.value ? this.value(s.value, l) : undefined };
      case 'break': return 'break';
      case 'continue': return 'continue';
      default: throw new Error(`no meaning: ${s.kind}`);
    }
  }

  #assign(target: Target, value: Datum, l: Locals): void {
    switch (target.kind) {
      case 'local': l.set(target.local, value); return;
      case 'field': (this.value(target.object, l) as Struct).fields.set(target.field.name, copied(value)); return;
      case 'element': {
        const list = this.value(target.object, l) as Datum[];
        const i = Number(this.value(target.index, l) as bigint);
        if (i < list.length) list[i] = copied(value);
        return;
      }
      case 'member': this.#packet.write(this.value(target.view, l), target.header, target.member, value); return;
      default: throw new Error(`no meaning: assigning to ${target.kind}`);
    }
  }

  readonly value: ValueOf = (e, l) => {
    if (this.#steps++ > 200_000) throw new Error('too many steps');
    const of = (x: Expr): Datum => this.value(x, l);
    const int = (x: Expr): bigint => of(x) as bigint;
    switch (e.kind) {
      // Constants of signed types are what they are, of unsigned ones too.
      case 'const': return typeof e.value === 'bigint' && e.type.kind === 'int' ? fit(e.type, e.value) : e.value;
      case 'bytes': return zeroOf(e.type);
      case 'undefined': return undefined;
      case 'local': return l.get(e.local);
      case 'settings': return this.#world.settings.get(e.symbol);
      case 'struct': {
        const base = e.base && of(e.base) as Struct;
        const values = e.fields.map(f => [f.field.name, copied(of(f.value))] as const);
        return { fields: new Map([...(base ? [...base.fields].map(([n, v]) => [n, copied(v)] as const) : []), ...values]) };
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
        l.set(e.local, base);
        return of(e.then);
      }
      case 'bind': l.set(e.local, of(e.value)); return of(e.then);
      case 'call': return this.call(e.function, e.args.map(of), l);
      case 'packet-field':
        if (e.name === 'port') return BigInt(this.#port);
        if (e.name === 'length') return BigInt(this.#packet.bytes.length);
        break;
      case 'at': return this.#packet.at(e.header, Number(int(e.offset)), e.pastEnd);
      case 'payload': return this.#packet.payload(of(e.view), e.header, e.says, e.pastEnd);
      case 'member': return this.#packet.read(of(e.view), e.header, e.member);
      case 'mac-test': return e.test === 'multicast' ? (int(e.mac) >> 40n & 1n) === 1n : int(e.mac) === 0xffff_ffff_ffffn;
      case 'map-get': return this.#entries(e.map).get(of(e.key));
      case 'map-set': return this.#entries(e.map).set(of(e.key), of(e.value), e.mode);
      case 'map-delete': return this.#entries(e.map).delete(of(e.key));
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
      case 'min': case 'max': { const [a, b] = [int(e.left), int(e.right)]; return (a < b) === (e.kind === 'min') ? a : b; }
      case 'mapped': return int(e.value) | 0xffff_0000_0000n;
      case 'unmapped': return int(e.value) & 0xffff_ffffn;
      case 'to': return { exit: 'to', value: Number(int(e.port)) } as unknown as Datum;
      case 'flood': case 'reply': case 'next': return { exit: e.kind, value: 0 } as unknown as Datum;
      case 'drop': case 'punt': return { exit: e.kind, value: e.reason } as unknown as Datum;
      default: break;
    }
    throw new Error(`no meaning: ${e.kind}`);
  };

  #entries(map: Expr): Entries {
    if (map.kind !== 'map') throw new Error('no meaning: a map of maps');
    return this.#world.maps.get(map.symbol) as Entries;
  }
}

export type { Type };
