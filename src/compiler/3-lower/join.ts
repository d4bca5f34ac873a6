// Where paths meet: one block, with a parameter for each value that differs. A value that is on some of the paths only becomes
// optional, with a flag; views of different headers cannot be one value, so their paths stay apart.

import type { Place } from '../2-check/tree.ts';
import { constOf, type Type as IrType, type Value } from '../ir/ir.ts';
import { FAMILY, joinedFamily } from './family.ts';
import { NO_PACKET, type Key, type Outcome, type PacketState, type Path } from './path.ts';
import type { State } from './state.ts';
import { UPDATES, type Update } from './updates.ts';
import { UNDEFINED, type Cell, type Lowered, type Ref, type View } from './value.ts';

/** `one`: a single path, or a diagnostic; `kinds`: one for each kind of the views that are alive. */
export function joinPaths(s: State, paths: readonly Path[], at: Place, into: 'one' | 'kinds'): Path[] {
  const live = paths.filter(path => path.live);
  if (live.length <= 1) return live;
  const groups = groupsOf(s, live);
  if (groups.length > 1 && into === 'one') s.cannot('IOV2034', 'a value that is one of several kinds of header', at);
  return groups.map(group => group.length === 1 ? group[0] as Path : new Join(s, group, at).path());
}

/** Joins outcomes that look alike: at most one that is undefined, one of each kind of view, one of true and one of false. */
export function joinOutcomes(s: State, outcomes: readonly Outcome[], at: Place): Outcome[] {
  const groups = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    if (!outcome.path.live) continue;
    const shape = shapeOf(outcome.value);
    groups.set(shape, [...groups.get(shape) ?? [], outcome]);
  }
  return [...groups.values()].map(group => {
    if (group.length === 1) return group[0] as Outcome;
    const value = s.settle(group, at);
    return { path: s.take(), value };
  });
}

/** What can be decided without code. Small constants count: they are booleans, mostly. */
export function shapeOf(value: Lowered | undefined): string {
  if (value === undefined) return 'none';
  if (value.kind === 'view') return `view ${kindOf(value)}`;
  if (value.kind === 'scalar') {
    const constant = constOf(value.value);
    return constant !== undefined && constant < 2n ? `scalar ${constant}` : 'scalar';
  }
  return value.kind;
}

const isMerged = (key: Key): boolean => 'kind' in key || ('memo' in key && key.memo === 'result');

/** A variable that nobody reads any more. */
const isDead = (s: State, key: Key): boolean => 'kind' in key && !s.isRead(key);

function groupsOf(s: State, paths: readonly Path[]): Path[][] {
  const groups: { kinds: Map<Key, string>; paths: Path[] }[] = [];
  for (const path of paths) {
    const kinds = new Map<Key, string>();
    for (const [key, value] of path.values) {
      const view = value.kind === 'optional' ? value.value : value;
      if (view.kind === 'view' && isMerged(key) && !isDead(s, key)) kinds.set(key, kindOf(view));
    }
    const group = groups.find(g => [...kinds].every(([key, kind]) => (g.kinds.get(key) ?? kind) === kind));
    if (group === undefined) { groups.push({ kinds, paths: [path] }); continue; }
    group.paths.push(path);
    for (const [key, kind] of kinds) group.kinds.set(key, kind);
  }
  return groups.map(group => group.paths);
}

const kindOf = (view: View): string => view.outer === undefined ? view.header.name : `${kindOf(view.outer)} ${view.header.name}`;

/** Not there on this path: any value will do, for none looks at it. */
type Poison = undefined;

class Join {
  readonly #s: State;
  readonly #paths: readonly Path[];
  readonly #at: Place;
  readonly #block;
  /** For each parameter, what each path gives: a value, or what makes one in its block. */
  readonly #args: (() => Value)[][];
  readonly #values = new Map<Key, Lowered>();
  readonly #joined: { readonly of: readonly (Cell | Poison)[]; readonly cell: Cell }[] = [];

  constructor(s: State, paths: readonly Path[], at: Place) {
    this.#s = s;
    this.#paths = paths;
    this.#at = at;
    this.#block = s.b.block('join');
    this.#args = paths.map(() => []);
  }

  path(): Path {
    const first = this.#paths[0] as Path;
    for (const key of first.values.keys()) {
      const values = this.#paths.map(path => path.values.get(key));
      if (values.some(value => value === undefined)) continue;
      // Cells too that no variable names: an expression may be holding one.
      if ('cell' in key) { this.#cell(values.map(() => key)); continue; }
      if (isMerged(key) && !isDead(this.#s, key)) this.#values.set(key, this.#merge(values));
      else if (values.every(value => value === values[0])) this.#values.set(key, values[0] as Lowered);
    }
    this.#updates();
    const family = joinedFamily(this.#paths);
    if (family !== undefined) this.#values.set(FAMILY, family);
    this.#s.b.at(this.#at);
    for (const [i, path] of this.#paths.entries()) {
      this.#s.b.enter(path.block);
      this.#s.b.jump(this.#block, ...(this.#args[i] ?? []).map(make => make()));
    }
    return { block: this.#block, values: this.#values, packet: packetOf(this.#paths.map(path => path.packet)), live: true };
  }

  #merge(values: readonly (Lowered | Poison)[]): Lowered {
    const there = values.filter(value => value !== undefined);
    const first = there[0];
    if (first === undefined || there.every(value => value.kind === 'undefined')) return UNDEFINED;
    if (there.some(value => value.kind === 'undefined' || value.kind === 'optional')) return this.#optional(values);
    const same = there.length === values.length && there.every(value => value === first);
    if (same && first.kind !== 'struct') return first;
    const all = <K extends Lowered['kind']>(kind: K): readonly ((Lowered & { kind: K }) | Poison)[] => {
      if (there.some(value => value.kind !== kind)) this.#s.cannot('IOV2034', 'a struct that is in a map on one way and not on another', this.#at);
      return values as readonly ((Lowered & { kind: K }) | Poison)[];
    };
    switch (first.kind) {
      case 'scalar': return { kind: 'scalar', value: this.#leaf(all('scalar').map(v => v?.value)) };
      case 'wide': return { kind: 'wide', high: this.#leaf(all('wide').map(v => v?.high)), low: this.#leaf(all('wide').map(v => v?.low)) };
      case 'mac': return { kind: 'mac', first: this.#leaf(all('mac').map(v => v?.first)), last: this.#leaf(all('mac').map(v => v?.last)) };
      case 'fields': return { kind: 'fields', values: this.#columns(all('fields').map(v => v?.values)) };
      case 'list': return { kind: 'list', values: this.#columns(all('list').map(v => v?.values)) };
      case 'struct': return { kind: 'struct', cell: this.#cell(all('struct').map(v => v?.cell)) };
      case 'ref': return this.#ref(all('ref'));
      case 'view': return this.#view(all('view'));
      case 'map':
        if (all('map').some(v => v !== undefined && (v.symbol !== first.symbol || (v.pointer === undefined) !== (first.pointer === undefined)))) this.#s.cannot('IOV2034', 'a choice between maps', this.#at);
        return first.pointer === undefined ? first : { ...first, pointer: this.#leaf(all('map').map(v => v?.pointer), 'value') };
      default: return first;
    }
  }

  #optional(values: readonly (Lowered | Poison)[]): Lowered {
    const flags = values.map(value => value === undefined ? undefined : value.kind === 'optional' ? value.present : value.kind === 'undefined' ? 0 : 1);
    const present = this.#leaf(flags, 'i32');
    const inner = values.map(value => value === undefined || value.kind === 'undefined' ? undefined : value.kind === 'optional' ? value.value : value);
    return { kind: 'optional', present, value: this.#merge(inner) };
  }

  #columns(rows: readonly (readonly Lowered[] | Poison)[]): Lowered[] {
    const width = Math.max(...rows.map(row => row?.length ?? 0));
    return Array.from({ length: width }, (_, i) => this.#merge(rows.map(row => row?.[i])));
  }

  #cell(cells: readonly (Cell | Poison)[]): Cell {
    const distinct = new Set(cells.filter(cell => cell !== undefined));
    const only = distinct.size === 1 ? [...distinct][0] as Cell : undefined;
    if (only !== undefined && this.#values.has(only)) return only;
    // Two names of one struct on every path are two names of one behind.
    const known = only ?? this.#joined.find(joined => cells.every((cell, i) => cell === undefined || cell === joined.of[i]))?.cell;
    if (known !== undefined && known !== only) return known;
    const cell = only ?? { cell: 'joined' };
    if (only === undefined) this.#joined.push({ of: cells, cell });
    this.#values.set(cell, this.#merge(cells.map((c, i) => c && this.#paths[i]?.values.get(c))));
    return cell;
  }

  #ref(refs: readonly (Ref | Poison)[]): Ref {
    const there = refs.filter(ref => ref !== undefined);
    const first = there[0] as Ref;
    if (there.length === refs.length && there.every(ref => ref.pointer === first.pointer && ref.offset === first.offset)) return first;
    if (there.some(ref => ref.pointer.type !== 'value')) this.#s.cannot('IOV2034', 'a reference to one of several structs', this.#at);
    const map = there.every(ref => ref.map === first.map) ? first.map : undefined;
    if (there.every(ref => ref.offset === first.offset)) return { ...first, map, pointer: this.#leaf(refs.map(ref => ref?.pointer), 'value') };
    const pointer = this.#column(refs.map(ref => () => ref === undefined ? this.#s.b.null() : this.#s.b.offset(ref.pointer, ref.offset)), 'value');
    return { kind: 'ref', pointer, offset: 0, map };
  }

  #view(views: readonly (View | Poison)[]): View {
    const there = views.filter(view => view !== undefined);
    const first = there[0] as View;
    const outers = views.map(view => view?.outer);
    const outer = first.outer === undefined ? undefined : this.#view(outers);
    if (views.every((view, i) => view === undefined ? isKnownOn(this.#paths[i] as Path, first.by) : view.at === first.at && view.by === first.by)) return { ...first, outer };
    const by = this.#column(views.map(view => () => {
      const { b } = this.#s;
      if (view === undefined) return b.i64(0);
      return view.by === undefined ? b.i64(view.at) : this.#s.alu('add', view.by, b.i64(view.at));
    }), 'i64');
    return { ...first, at: 0, by, outer };
  }

  /** None is ever lost: what is due on one way is due behind, with a zero where it is not. */
  #updates(): void {
    const all = this.#paths.map(path => path.values.get(UPDATES)).map(due => due?.kind === 'updates' ? due : undefined);
    if (all.every(due => due === undefined)) return;
    this.#values.set(UPDATES, {
      kind: 'updates', outer: this.#update(all.map(due => due?.outer)), quoted: this.#update(all.map(due => due?.quoted)), depth: Math.max(...all.map(due => due?.depth ?? 0)),
    });
  }

  #update(updates: readonly (Update | undefined)[]): Update | undefined {
    const first = updates.find(update => update !== undefined);
    if (first === undefined) return undefined;
    const isPlace = updates.every((update, i) => update === undefined ? isKnownOn(this.#paths[i] as Path, first.by) : update.at === first.at && update.by === first.by);
    const place = isPlace ? { at: first.at, by: first.by } : { at: 0, by: this.#start(updates) };
    const sum = (part: 'pseudo' | 'plain'): Update['plain'] => ({ sum: this.#leaf(updates.map(u => u?.[part].sum ?? 0), 'i64'), most: Math.max(...updates.map(u => u?.[part].most ?? 0)) });
    return { ...place, what: this.#leaf(updates.map(u => u?.what ?? 0), 'i64'), isTold: updates.every(u => u?.isTold), pseudo: sum('pseudo'), plain: sum('plain') };
  }

  #start(updates: readonly (Update | undefined)[]): Value {
    return this.#column(updates.map(u => () => {
      const { b } = this.#s;
      if (u === undefined) return b.i64(0);
      return u.by === undefined ? b.i64(u.at) : this.#s.alu('add', u.by, b.i64(u.at));
    }), 'i64');
  }

  /** A value of one SSA value. Numbers are constants. */
  #leaf(values: readonly (Value | number | Poison)[], type?: IrType): Value {
    const first = values[0];
    if (typeof first === 'object' && values.every(value => value === first)) return first;
    const irType = type ?? (values.find(value => typeof value === 'object') as Value).type;
    const constants = values.map(value => typeof value === 'number' ? BigInt(value) : value && constOf(value));
    const known = constants.filter(c => c !== undefined);
    if (irType !== 'value' && known.length > 0 && known.length === values.filter(value => value !== undefined).length && known.every(c => c === known[0])) {
      this.#s.b.enter(this.#block);
      return irType === 'i64' ? this.#s.b.i64(known[0] as bigint) : this.#s.b.i32(known[0] as bigint);
    }
    return this.#column(values.map((value, i) => () => {
      if (typeof value === 'object' && constants[i] === undefined) return value;
      const { b } = this.#s;
      if (irType === 'value') return b.null();
      return irType === 'i64' ? b.i64(constants[i] ?? 0n) : b.i32(constants[i] ?? 0n);
    }), irType);
  }

  #column(makers: readonly (() => Value)[], type: IrType): Value {
    for (const [i, make] of makers.entries()) this.#args[i]?.push(make);
    return this.#s.b.addParam(this.#block, type);
  }
}

/** Whether a variable place was found before this path: it then was on all that meet with it. */
export function isKnownOn(path: Path, by: Value | undefined): boolean {
  if (by === undefined) return true;
  const holds = (value: Lowered): boolean => value.kind === 'scalar' ? value.value === by : value.kind === 'list' && value.values.some(holds);
  return [...path.values].some(([key, value]) => 'memo' in key && key.memo === 'place' && holds(value));
}

function packetOf(states: readonly PacketState[]): PacketState {
  const first = states[0] as PacketState;
  if (states.some(state => state.data !== first.data || state.end !== first.end)) return NO_PACKET;
  const bases = new Map<Value | undefined, { pointer: Value; bytes: number }>();
  for (const [by, base] of first.bases) {
    const others = states.map(state => state.bases.get(by));
    if (others.every(other => other?.pointer === base.pointer)) bases.set(by, { pointer: base.pointer, bytes: Math.min(...others.map(o => o?.bytes ?? 0)) });
  }
  return { ...first, bases };
}
