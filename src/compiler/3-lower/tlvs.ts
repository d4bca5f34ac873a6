// Runs of type, length, value: options of IPv4, TCP, IPv6, DHCP, and others by tlvs(). A loop whose position is checked again in
// every round, as the kernel's verifier wants it.

import type { ExprOf, Local, Place, StatementOf } from '../2-check/tree.ts';
import type { Value } from '../ir/ir.ts';
import { evaluate, evaluateScalar } from './expressions.ts';
import { field } from './header-fields.ts';
import { assigned, run, type Turns } from './loops.ts';
import { ipv4End } from './packet-views.ts';
import type { Outcome, Path } from './path.ts';
import { packetLength } from './resize.ts';
import type { State } from './state.ts';
import { scalar, type Lowered, type View } from './value.ts';
import { inside, loadPacket, viewOf } from './views.ts';

interface Run {
  /** From the start of the packet, i64. */
  readonly start: Value;
  readonly end: Value;
  readonly most: number;
  readonly pad?: number | undefined;
  readonly stop?: number | undefined;
  readonly lengthUnit: 1 | 8;
  readonly lengthCoversHeader: boolean;
  /** Of a header that is usually near the packet's start. */
  readonly isHeaders?: true;
}

/** Farther than any real run; the kernel wants a bound of packet offsets. */
const MOST_OFFSET = 0xfff;
/** From one element to the next at most. */
const FARTHEST = 0x7ff;
const NOT_MORE = 32;

export function lowerForTlvs(s: State, statement: StatementOf<'for-tlvs'>): Path[] {
  const made = runOf(s, statement.run);
  const own = (name: string, bits: 32 | 64): Local => ({ kind: 'local', name, type: { kind: 'int', bits, signed: false, order: 'little' }, mutable: true, at: statement.at });
  const position = own('position', 64), round = own('round', 32), next = own('next', 64);
  const value = (local: Local): Value => {
    const found = s.values.get(local);
    return found?.kind === 'scalar' ? found.value : s.notYet('this loop', statement.at);
  };
  s.values.set(position, scalar(made.start));
  s.values.set(round, scalar(s.b.i32(0)));
  s.values.set(next, scalar(made.start));
  const changes = assigned([statement.body]).add(position).add(round);
  return s.reading(new Set([position, round, next]), () => run(s, [s.take()], {
    statement, body: statement.body, rounds: made.most,
    condition: () => turns(s, made, statement.local, next, value(position), value(round), statement.at),
    step: () => {
      // The mask says nothing new, but makes what the verifier knows of the position the same on all ways here.
      s.values.set(position, scalar(s.alu('and', value(next), s.b.i64(MOST_OFFSET))));
      s.values.set(round, scalar(s.alu('add', value(round), s.b.i32(1))));
      return [s.take()];
    },
  }, changes));
}

/** What a round is about: an element, padding, or nothing more. */
function turns(s: State, made: Run, local: Local, next: Local, position: Value, round: Value, at: Place): Turns {
  const { b } = s;
  const no: Path[] = [];
  const skip: Path[] = [];
  const only = (fork: { yes: readonly Path[]; no: readonly Path[] }): boolean => {
    no.push(...fork.no);
    for (const path of fork.yes) s.resume(path);
    return fork.yes.length > 0;
  };
  if (made.isHeaders) s.readNotes.chained(position);
  loadPacket(s);
  if (!only(s.branch('ult', round, b.i32(made.most))) || !only(s.branch('ult', position, made.end)) || !only(s.branch('ule', position, b.i64(MOST_OFFSET - FARTHEST)))) return { yes: [], no };
  if (!only(inside(s, position, 1))) return { yes: [], no };
  const pointer = (): Value => s.packet.bases.get(position)?.pointer ?? s.notYet('this run', at);
  const type = b.load(pointer(), 0, 1);
  if (made.stop !== undefined && !only(turned(s.branch('eq', type, b.i32(made.stop))))) return { yes: [], no };
  if (made.pad !== undefined) {
    const fork = s.branch('eq', type, b.i32(made.pad));
    for (const path of fork.yes) {
      s.resume(path);
      s.values.set(next, scalar(s.alu('add', position, b.i64(1))));
      skip.push(s.take());
    }
    for (const path of fork.no) s.resume(path);
    if (fork.no.length === 0) return { yes: [], no, skip };
  }
  if (!only(inside(s, position, 2))) return { yes: [], no, skip };
  const raw = s.alu('mul', b.zext(b.load(pointer(), 1, 1)), b.i64(made.lengthUnit));
  if (made.lengthCoversHeader && !only(s.branch('uge', raw, b.i64(2)))) return { yes: [], no, skip };
  const length = made.lengthCoversHeader ? s.alu('sub', raw, b.i64(2)) : raw;
  s.values.set(next, scalar(s.alu('add', s.alu('add', position, length), b.i64(2))));
  s.values.set(local, { kind: 'tlv', position, type, length: b.trunc(length) });
  return { yes: [s.take()], no, skip };
}

const turned = <T>(fork: { yes: T; no: T }): { yes: T; no: T } => ({ yes: fork.no, no: fork.yes });

function runOf(s: State, e: StatementOf<'for-tlvs'>['run']): Run {
  if (e.kind === 'tlvs') {
    s.readNotes.payload();
    const start = s.b.zext(evaluateScalar(s, e.offset));
    return { start, end: s.b.zext(evaluateScalar(s, e.end)), most: e.most, pad: e.pad, stop: e.stop, lengthUnit: e.lengthUnit, lengthCoversHeader: e.lengthCoversHeader };
  }
  if (e.kind !== 'member') return s.cannot('IOV3009', 'a run of TLVs that is not written here', e.at);
  const view = viewOf(s, evaluate(s, e.view), e.at);
  const from = (bytes: number): Value => view.by === undefined ? s.b.i64(view.at + bytes) : s.alu('add', view.by, s.b.i64(view.at + bytes));
  const words = (name: string, shift: number): Value => s.alu('shl', s.b.zext(field(s, view, name, e.at)), s.b.i64(shift));
  const classic = { most: NOT_MORE, pad: 1, stop: 0, lengthUnit: 1, lengthCoversHeader: true, isHeaders: true } as const;
  switch (view.header.name) {
    case 'Ipv4': return { ...classic, start: from(20), end: s.alu('add', ipv4End(s, view, e.at), s.b.i64(view.at)) };
    case 'Tcp': return { ...classic, start: from(20), end: s.alu('add', from(0), words('dataOffset', 2)) };
    case 'Ipv6Options': return { start: from(2), end: s.alu('add', from(8), words('words', 3)), most: NOT_MORE, pad: 0, lengthUnit: 1, lengthCoversHeader: false, isHeaders: true };
    case 'Dhcp': return { start: from(240), end: endOf(s, view, e.at), most: NOT_MORE, pad: 0, stop: 255, lengthUnit: 1, lengthCoversHeader: false };
    default: return s.cannot('IOV3009', `'${e.member.name}' of ${view.header.name}`, e.at);
  }
}

/** Where a datagram ends: what its header says. */
function endOf(s: State, view: View, at: Place): Value {
  const { outer } = view;
  if (outer?.header.name !== 'Udp') return s.b.zext(packetLength(s));
  const start = outer.by === undefined ? s.b.i64(outer.at) : s.alu('add', outer.by, s.b.i64(outer.at));
  return s.alu('add', start, s.b.zext(field(s, outer, 'length', at)));
}

export function lowerTlvField(s: State, e: ExprOf<'tlv-field'>): Lowered {
  const tlv = evaluate(s, e.tlv);
  if (tlv.kind !== 'tlv') return s.notYet('this element', e.at);
  return scalar(e.name === 'type' ? tlv.type : s.alu('and', tlv.length, s.b.i32(0xff)));
}

/** Past the end of the value, or of the packet: 0. */
export function lowerTlvRead(s: State, e: ExprOf<'tlv-read'>): Lowered {
  const tlv = evaluate(s, e.tlv);
  const offset = evaluateScalar(s, e.offset);
  s.at(e);
  if (tlv.kind !== 'tlv') return s.notYet('this element', e.at);
  const bytes = e.bits / 8 as 1 | 2 | 4;
  const constant = s.b.constant(offset);
  if (constant === undefined) return s.cannot('IOV3009', 'reading an element at a variable place', e.at);
  const nothing = (path: Path): Outcome => { s.resume(path); return { value: scalar(s.b.i32(0)), path: s.take() }; };
  const enough = s.branch('uge', tlv.length, s.b.i32(Number(constant) + bytes));
  const all: Outcome[] = enough.no.map(nothing);
  for (const path of enough.yes) {
    s.resume(path);
    const at = 2 + Number(constant);
    const there = inside(s, tlv.position, at + bytes);
    all.push(...there.no.map(nothing));
    for (const p of there.yes) {
      s.resume(p);
      const pointer = s.packet.bases.get(tlv.position)?.pointer ?? s.notYet('this element', e.at);
      const value = s.b.load(pointer, at, bytes);
      all.push({ value: scalar(bytes === 1 ? value : s.b.swap(value, bytes)), path: s.take() });
    }
  }
  return s.settle(all, e.at);
}
