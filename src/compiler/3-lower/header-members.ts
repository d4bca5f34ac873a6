// Members of headers: stored fields, tests of their bits, and what is computed for each kind of header.

import { HEADERS } from '../../lang/headers.ts';
import type { ExprOf, Place } from '../2-check/tree.ts';
import type { Value } from '../ir/ir.ts';
import { chain } from './conditions.ts';
import { evaluate, outcomes, truths } from './expressions.ts';
import { field, loadStored, memberNamed } from './header-fields.ts';
import { extensionWalk, isFragment, isLater, type Walk } from './ipv6-walk.ts';
import { joinOutcomes } from './join.ts';
import type { Fork, Outcome, Path } from './path.ts';
import type { State } from './state.ts';
import { scalar, UNDEFINED, type Lowered, type View } from './value.ts';
import { inside, viewOf } from './views.ts';

export function loadMember(s: State, e: ExprOf<'member'>): Outcome[] {
  if (e.member.type === 'boolean') {
    const fork = computedCondition(s, e);
    if (fork !== undefined) return joinOutcomes(s, truths(s, fork), e.at);
  }
  const all: Outcome[] = [];
  for (const { path, value } of outcomes(s, e.view)) {
    if (!path.live) continue;
    s.resume(path);
    s.at(e);
    if (e.member.name === 'quoted') { all.push(...quoted(s, viewOf(s, value, e.at), e.at)); continue; }
    const loaded = readMember(s, viewOf(s, value, e.at), e.member.name, e.at);
    all.push({ path: s.take(), value: loaded });
  }
  return joinOutcomes(s, all, e.at);
}

/** The packet that an ICMP error is about, as far as it was quoted; undefined of any other message. */
function quoted(s: State, view: View, at: Place): Outcome[] {
  const header = HEADERS.get(view.header.name === 'Icmpv6' ? 'Ipv6' : 'Ipv4');
  if (header === undefined) return s.cannot('IOV3009', 'this quoted packet', at);
  const isError = testOf(s, view, 'isError', at);
  const all: Outcome[] = isError.no.map(path => ({ path, value: UNDEFINED }));
  for (const path of isError.yes) {
    s.resume(path);
    const inner: View = { kind: 'view', header, at: view.at + view.header.bytes, by: view.by, outer: view };
    const fork = inside(s, inner.by, inner.at + header.bytes);
    all.push(...fork.yes.map(p => ({ path: p, value: inner })), ...fork.no.map(p => ({ path: p, value: UNDEFINED })));
  }
  return all;
}

/** A boolean member as branches; undefined: the member is none. */
export function computedCondition(s: State, e: ExprOf<'member'>): Fork | undefined {
  if (e.member.type !== 'boolean') return undefined;
  const view = viewOf(s, evaluate(s, e.view), e.at);
  s.at(e);
  return testOf(s, view, e.member.name, e.at);
}

function testOf(s: State, view: View, name: string, at: Place): Fork {
  const member = memberNamed(view, name);
  if (member?.kind === 'tested') {
    const value = field(s, view, member.field, at);
    if (member.equals === member.mask && (member.mask & (member.mask - 1)) === 0) return s.branch('test', value, s.b.i32(member.mask));
    return s.branch('eq', s.alu('and', value, s.b.i32(member.mask)), s.b.i32(member.equals));
  }
  const type = (): Value => field(s, view, 'type', at);
  const among = (...numbers: readonly number[]): Fork => anyOf(s, type(), numbers);
  switch (`${view.header.name}.${name}`) {
    case 'Ipv4.isFragment': return s.branch('test', field(s, view, 'frag', at), s.b.i32(0x3fff));
    case 'Ipv4.isLaterFragment': return s.branch('test', field(s, view, 'frag', at), s.b.i32(0x1fff));
    case 'Ipv6.isFragment': return isFragment(s, walkOf(s, view, at));
    case 'Ipv6.isLaterFragment': return isLater(s, walkOf(s, view, at));
    case 'Icmp.isEchoRequest': return among(8);
    case 'Icmpv6.isEchoRequest': return among(128);
    case 'Icmp.isEcho': return among(8, 0);
    case 'Icmpv6.isEcho': return among(128, 129);
    case 'Icmp.isError': return among(3, 11, 12);
    case 'Icmpv6.isError': return s.branch('ult', type(), s.b.i32(128));
    case 'Icmp.isNeighborDiscovery': return { yes: [], no: [s.take()] };
    case 'Icmpv6.isNeighborDiscovery': {
      const { outer } = view;
      if (outer?.header.name !== 'Ipv6') return s.cannot('IOV3009', 'isNeighborDiscovery of a view that was not reached through IPv6', at);
      const first = s.alu('sub', type(), s.b.i32(133));
      return chain(s, s.branch('ule', first, s.b.i32(3)), () => s.branch('eq', field(s, outer, 'ttl', at), s.b.i32(255)));
    }
    default: return s.cannot('IOV3009', `'${name}' of ${view.header.name}`, at);
  }
}

function anyOf(s: State, value: Value, numbers: readonly number[]): Fork {
  const yes: Path[] = [];
  let no: Path[] = [s.take()];
  for (const number of numbers) {
    for (const path of no.splice(0)) {
      s.resume(path);
      const fork = s.branch('eq', value, s.b.i32(number));
      yes.push(...fork.yes);
      no = [...fork.no];
    }
  }
  return { yes, no };
}

function readMember(s: State, view: View, name: string, at: Place): Lowered {
  const member = memberNamed(view, name);
  if (member?.kind === 'stored') return loadStored(s, view, member, at);
  switch (`${view.header.name}.${name}`) {
    case 'Ipv4.src6': return mapped(s, field(s, view, 'src', at));
    case 'Ipv4.dst6': return mapped(s, field(s, view, 'dst', at));
    case 'Ipv6.src6': return readMember(s, view, 'src', at);
    case 'Ipv6.dst6': return readMember(s, view, 'dst', at);
    case 'Ipv4.headerLength': return scalar(s.alu('shl', field(s, view, 'headerWords', at), s.b.i32(2)));
    case 'Tcp.headerLength': return scalar(s.alu('shl', field(s, view, 'dataOffset', at), s.b.i32(2)));
    case 'Ipv4.fragmentId': return scalar(field(s, view, 'id', at));
    case 'Ipv6.length': return scalar(s.alu('and', s.alu('add', field(s, view, 'payloadLength', at), s.b.i32(40)), s.b.i32(0xffff)));
    case 'Ipv6.fragmentId': return scalar(s.b.swap(walkOf(s, view, at).fragmentId, 4));
    case 'Ipv6.protocol': return scalar(protocolOf(s, view, at));
    default: return s.cannot('IOV3009', `'${name}' of ${view.header.name}`, at);
  }
}

function mapped(s: State, address: Value): Lowered {
  return { kind: 'wide', high: s.b.i64(0), low: s.alu('or', s.b.zext(address), s.b.i64(0xffff_0000_0000n)) };
}

/** What is behind an IP header and its extension headers (i32). */
export function protocolOf(s: State, view: View, at: Place): Value {
  return view.header.name === 'Ipv6' ? walkOf(s, view, at).protocol : field(s, view, 'protocol', at);
}

function walkOf(s: State, view: View, at: Place): Walk {
  return extensionWalk(s, view, field(s, view, 'nextHeader', at), at);
}
