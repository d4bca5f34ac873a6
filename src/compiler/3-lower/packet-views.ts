// pkt.at, payload and their try forms: from a header to the one behind it. An abstract header is looked for kind by kind.

import { HEADERS, type HeaderClass } from '../../lang/headers.ts';
import type { ExprOf, Module, Place } from '../2-check/tree.ts';
import { constOf, type Value } from '../ir/ir.ts';
import { evaluate, evaluateScalar } from './expressions.ts';
import { extensionWalk, findExtension, isLater } from './ipv6-walk.ts';
import { field } from './header-fields.ts';
import { narrow } from './integers.ts';
import { joinOutcomes } from './join.ts';
import type { Outcome, Path } from './path.ts';
import { ALWAYS_LINEAR } from './reads.ts';
import type { State } from './state.ts';
import { scalar, UNDEFINED, type Lowered, type View } from './value.ts';
import { inside, limited, MOST_OFFSET, viewOf, within } from './views.ts';

export function lowerAt(s: State, e: ExprOf<'at'>): Outcome[] {
  if (e.header.kinds.length > 0) return s.cannot('IOV3009', `pkt.at of ${e.header.name}, which stands for several headers`, e.at);
  const offset = evaluateScalar(s, e.offset);
  s.at(e);
  const constant = constOf(offset);
  if (constant !== undefined && constant > MOST_OFFSET) return pastTheEnd(s, [s.take()], e.pastEnd, e.at);
  if (constant !== undefined && Number(constant) + e.header.bytes > ALWAYS_LINEAR) s.readNotes.payload();
  if (constant !== undefined) return checked(s, { kind: 'view', header: e.header, at: Number(constant), by: undefined, outer: undefined }, e.pastEnd, e.at);
  const by = s.b.zext(offset);
  s.readNotes.payload();
  const near = within(s, by);
  const past = pastTheEnd(s, near.no, e.pastEnd, e.at);
  for (const path of near.yes) s.resume(path);
  return [...checked(s, { kind: 'view', header: e.header, at: 0, by, outer: undefined }, e.pastEnd, e.at), ...past];
}

/** Of an unnamed transport header an ICMP error may quote no more (RFC 792). */
const LEAST_TRANSPORT = 8;

/** The view where its bytes are there; else the packet is dropped, or the outcome is undefined. */
function checked(s: State, view: View, pastEnd: 'drop' | 'undefined', at: Place, bytes = view.header.bytes): Outcome[] {
  s.readNotes.view(view);
  const fork = inside(s, view.by, view.at + Math.min(bytes, view.header.bytes));
  return [...fork.yes.map(path => ({ path, value: view })), ...pastTheEnd(s, fork.no, pastEnd, at)];
}

function pastTheEnd(s: State, paths: readonly Path[], pastEnd: 'drop' | 'undefined', at: Place): Outcome[] {
  if (pastEnd === 'undefined') return paths.map(path => ({ path, value: UNDEFINED }));
  for (const path of paths) { s.resume(path); s.drop('short', at); }
  return [];
}

export function lowerPayload(s: State, e: ExprOf<'payload'>): Outcome[] {
  const all: Outcome[] = [];
  for (const { path, value } of [{ value: evaluate(s, e.view), path: s.take() }]) {
    if (!path.live) continue;
    const view = viewOf(s, value, e.at);
    s.resume(path);
    s.at(e);
    all.push(...payloadOf(s, view, e));
  }
  return all;
}

function payloadOf(s: State, view: View, e: ExprOf<'payload'>): Outcome[] {
  const { payload } = view.header;
  switch (payload.by) {
    case 'any':
      if (view.header.variable) return s.cannot('IOV3009', `the payload of ${view.header.name}`, e.at);
      return checked(s, behind(view, e.header), e.pastEnd, e.at);
    case 'field': return byNumber(s, view, e, payload.classes, () => field(s, view, payload.field, e.at), header => behind(view, header));
    case 'protocol': {
      const numbers = payload.classes;
      if (view.header.name === 'Ipv4') return ipv4Payload(s, view, e, numbers);
      if (view.header.name === 'Ipv6') return ipv6Payload(s, view, e, numbers);
      return s.cannot('IOV3009', `the payload of ${view.header.name}`, e.at);
    }
  }
}

const behind = (view: View, header: HeaderClass): View => ({ kind: 'view', header, at: view.at + view.header.bytes, by: view.by, outer: view });

/** The concrete headers to look for, each with the numbers that say it. */
function wanted(header: HeaderClass, numbers: Readonly<Record<string, number | readonly number[]>>): { header: HeaderClass; numbers: readonly number[] }[] {
  const of = (name: string): readonly number[] => [numbers[name] ?? []].flat();
  if (header.kinds.length === 0 || (header.name === 'Ports' && of('Ports').length > 0)) return [{ header, numbers: of(header.name) }];
  return header.kinds.flatMap(name => {
    const kind = HEADERS.get(name);
    return kind === undefined || of(name).length === 0 ? [] : [{ header: kind, numbers: of(name) }];
  });
}

function byNumber(
  s: State, view: View, e: ExprOf<'payload'>, numbers: Readonly<Record<string, number | readonly number[]>>, number: () => Value, found: (header: HeaderClass) => View,
): Outcome[] {
  const all: Outcome[] = [];
  const value = number();
  let rest: Path[] = [s.take()];
  for (const { header, numbers: wants } of wanted(e.header, numbers)) {
    const hits: Path[] = [];
    for (const want of wants) {
      const path = rest.find(p => p.live);
      if (path === undefined) break;
      s.resume(path);
      const fork = s.branch('eq', value, value.type === 'i64' ? s.b.i64(want) : s.b.i32(want));
      hits.push(...fork.yes);
      rest = [...fork.no];
    }
    if (hits.length === 0) continue;
    s.join(hits, e.at);
    all.push(...checked(s, found(header), e.pastEnd, e.at, e.header.name === 'L4' ? LEAST_TRANSPORT : header.bytes));
  }
  all.push(...rest.map(path => ({ path, value: UNDEFINED })));
  void view;
  return all;
}

function ipv4Payload(s: State, view: View, e: ExprOf<'payload'>, numbers: Readonly<Record<string, readonly number[]>>): Outcome[] {
  // Known on every way from here on, to the later fragments too.
  ipv4End(s, view, e.at);
  const frag = field(s, view, 'frag', e.at);
  const later = s.branch('test', frag, s.b.i32(0x1fff));
  const all: Outcome[] = later.yes.map(path => ({ path, value: UNDEFINED }));
  for (const path of later.no) {
    s.resume(path);
    const found = (header: HeaderClass): View => ({ kind: 'view', header, at: view.at, by: ipv4End(s, view, e.at), outer: view });
    all.push(...byNumber(s, view, e, numbers, () => field(s, view, 'protocol', e.at), found));
  }
  return all;
}

/** Behind the options, less the place of the header itself (i64). */
export function ipv4End(s: State, view: View, at: Place): Value {
  const words = field(s, view, 'headerWords', at);
  const memo = s.memo('place', `${view.at} ${view.by?.id}`);
  const known = s.values.get(memo);
  if (known?.kind === 'scalar') return known.value;
  const length = s.alu('shl', s.b.zext(words), s.b.i64(2));
  const start = view.by === undefined ? length : limited(s, s.alu('add', view.by, length), at);
  s.values.set(memo, scalar(start));
  return start;
}

/** Where what is behind a header begins, its options and extension headers included. */
export function endOf(s: State, view: View, at: Place): Pick<View, 'at' | 'by'> {
  const { name, bytes, variable } = view.header;
  if (!variable) return { at: view.at + bytes, by: view.by };
  switch (name) {
    case 'Ipv4': return { at: view.at, by: ipv4End(s, view, at) };
    case 'Ipv6': return { at: 0, by: extensionWalk(s, view, field(s, view, 'nextHeader', at), at).offset };
    case 'Tcp': {
      const length = s.alu('shl', s.b.zext(field(s, view, 'dataOffset', at)), s.b.i64(2));
      return { at: view.at, by: view.by === undefined ? length : limited(s, s.alu('add', view.by, length), at) };
    }
    default: return s.cannot('IOV3009', `the end of ${name}`, at);
  }
}

/** The same from the start of the packet, i32. */
export function viewEnd(s: State, value: Lowered, at: Place): Value {
  const end = endOf(s, viewOf(s, value, at), at);
  return end.by === undefined ? s.b.i32(end.at) : s.alu('add', narrow(s, end.by), s.b.i32(end.at));
}

/** Without extension headers the payload is 40 bytes on, a constant; else where the walk ended. Who asks often asks the walk at once. */
function ipv6Payload(s: State, view: View, e: ExprOf<'payload'>, numbers: Readonly<Record<string, readonly number[]>>): Outcome[] {
  const all: Outcome[] = [];
  const next = field(s, view, 'nextHeader', e.at);
  if (e.header.name.startsWith('Ipv6')) return extension(s, view, e, next, numbers[e.header.name] ?? []);
  let rest: Path[] = [s.take()];
  if (!asksOften(s)) {
    const direct: Path[] = [];
    for (const want of wanted(e.header, numbers).flatMap(w => w.numbers)) {
      const path = rest[0];
      if (path === undefined) break;
      s.resume(path);
      const fork = s.branch('eq', next, s.b.i32(want));
      direct.push(...fork.yes);
      rest = [...fork.no];
    }
    for (const path of direct) {
      s.resume(path);
      all.push(...byNumber(s, view, e, numbers, () => next, header => behind(view, header)));
    }
  }
  for (const path of rest) {
    s.resume(path);
    const walk = extensionWalk(s, view, next, e.at);
    const later = isLater(s, walk);
    all.push(...later.yes.map(none => ({ path: none, value: UNDEFINED })));
    for (const first of later.no) {
      s.resume(first);
      all.push(...byNumber(s, view, e, numbers, () => walk.protocol, header => ({ kind: 'view', header, at: 0, by: walk.offset, outer: view })));
    }
  }
  return joinOutcomes(s, all.filter(outcome => outcome.path.live), e.at);
}

/** An extension header by its class: where the walk comes to the first one. */
function extension(s: State, view: View, e: ExprOf<'payload'>, next: Value, numbers: readonly number[]): Outcome[] {
  const { found, none } = findExtension(s, view, next, numbers, e.at);
  s.resume(found.path);
  return [...checked(s, { kind: 'view', header: e.header, at: 0, by: found.offset, outer: view }, e.pastEnd, e.at), { path: none, value: UNDEFINED }];
}

const often = new WeakMap<Module, boolean>();

/** Whether code asks more than once for what is behind an IP header. */
function asksOften({ module }: State): boolean {
  const known = often.get(module);
  if (known !== undefined) return known;
  let count = 0;
  const seen = new Set<unknown>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || seen.has(node)) return;
    seen.add(node);
    const { kind, view } = node as Partial<ExprOf<'payload'>>;
    if (kind === 'payload' && view?.type.kind === 'view' && view.type.header.payload.by === 'protocol') count++;
    for (const [key, child] of Object.entries(node)) if (key !== 'type' && key !== 'header' && key !== 'at') visit(child);
  };
  visit([module.functions, module.entries]);
  often.set(module, count > 1);
  return count > 1;
}
