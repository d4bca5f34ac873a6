// Past the extension headers of IPv6 to the transport header (RFC 8200 4): a loop of at most six.
//
//     start → head(protocol, offset, round, …): an extension header? no → end
//             round < 6, 8 bytes inside?        else dropped as `extension-headers`, `short`
//             → head(its next header, offset + its length, round + 1, …)
//
// It ends early at the header of a later fragment: behind it is no header, but `protocol` is what it says would follow.

import type { Place } from '../2-check/tree.ts';
import type { Value } from '../ir/ir.ts';
import type { Path } from './path.ts';
import type { State } from './state.ts';
import { scalar, type Lowered, type View } from './value.ts';
import { inside, loadPacket } from './views.ts';

const MOST_HEADERS = 6;
/** Farther than any real chain; the kernel wants a bound of packet offsets. */
const MOST_OFFSET = 0x7ff;
const HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, AUTHENTICATION = 51, DESTINATION = 60;

/** Bits of a fragment header's offset field, as memory has them. */
const LATER = 0xf8ff, FRAGMENTED = 0xf9ff;

/** What is behind the extension headers. */
export interface Walk {
  /** i32 */
  readonly protocol: Value;
  /** From the start of the packet, i64. */
  readonly offset: Value;
  /** Of the fragment header, as memory has it (i32): 0 where there is none, or it is of a whole datagram. */
  readonly fragment: Value;
  /** As memory has it, i32. */
  readonly fragmentId: Value;
}

/** Walks once for each view on a path: the current one goes on behind it. */
export function extensionWalk(s: State, view: View, next: Value, at: Place): Walk {
  const memo = s.memo('place', `${view.at} ${view.by?.id}`);
  const known = s.values.get(memo);
  if (known?.kind === 'list') return walkOf(known);
  const walk = walked(s, view, next, at);
  const { protocol, offset, fragment, fragmentId } = walk;
  s.values.set(memo, { kind: 'list', values: [protocol, offset, fragment, fragmentId].map(scalar) });
  return walk;
}

/** The path's later fragments: no transport header is behind them. */
export const isLater = (s: State, walk: Walk) => s.branch('test', walk.fragment, s.b.i32(LATER));
export const isFragment = (s: State, walk: Walk) => s.branch('ne', walk.fragment, s.b.i32(0));

function walkOf(known: Lowered & { kind: 'list' }): Walk {
  const [protocol, offset, fragment, fragmentId] = known.values.map(value => (value as Lowered & { kind: 'scalar' }).value) as [Value, Value, Value, Value];
  return { protocol, offset, fragment, fragmentId };
}

/** The first of these extension headers: its offset (i64), and the paths that have none. */
export function findExtension(s: State, view: View, next: Value, numbers: readonly number[], at: Place): { found: { path: Path; offset: Value }; none: Path } {
  const block = s.b.block('found', 'i64');
  s.readNotes.chained(block.params[0] as Value);
  const here = { values: s.values, live: s.live };
  walked(s, view, next, at, { numbers, to: offset => s.b.jump(block, offset) });
  const none = s.take();
  return { found: { path: { ...here, block, packet: withoutVariables(none.packet) }, offset: block.params[0] as Value }, none };
}

const withoutVariables = (packet: Path['packet']): Path['packet'] => ({ ...packet, bases: new Map([...packet.bases].filter(([by]) => by === undefined)) });

function walked(s: State, view: View, next: Value, at: Place, stop?: { readonly numbers: readonly number[]; readonly to: (offset: Value) => void }): Walk {
  const { b } = s;
  loadPacket(s);
  const head = b.block('extension', 'i32', 'i64', 'i32', 'i32', 'i32');
  const [protocol, offset, round, fragment, fragmentId] = head.params as [Value, Value, Value, Value, Value];
  const done = b.block('transport', 'i32', 'i64', 'i32', 'i32');
  for (const place of [offset, done.params[1] as Value]) s.readNotes.chained(place);
  const start = s.alu('add', view.by ?? b.i64(0), b.i64(view.at + view.header.bytes));
  b.jump(head, next, start, b.i32(0), b.i32(0), b.i32(0));

  const back = (following: Value, length: Value, flags: Value, id: Value): void => {
    const far = s.alu('add', offset, length);
    for (const p of split(s, s.branch('ule', far, b.i64(MOST_OFFSET)), at, 'extension-headers')) {
      s.resume(p);
      b.jump(head, following, far, s.alu('add', round, b.i32(1)), flags, id);
    }
  };

  const before = { values: s.values, live: s.live };
  const known = s.packet;
  /** The way into an extension header of 8 bytes at least: its next header, and its length field. */
  const opened = (kind: string, from: readonly Path[], then: (pointer: Value, following: Value, length: Value) => void): void => {
    const block = b.block(kind);
    for (const path of from) { s.resume(path); b.jump(block); }
    s.resume({ ...before, block, packet: known });
    for (const more of split(s, s.branch('ult', round, b.i32(MOST_HEADERS)), at, 'extension-headers')) {
      s.resume(more);
      for (const there of split(s, inside(s, offset, 8), at, 'short')) {
        s.resume(there);
        const pointer = s.packet.bases.get(offset)?.pointer as Value;
        then(pointer, b.load(pointer, 0, 1), b.zext(b.load(pointer, 1, 1)));
      }
    }
  };

  // The kind whose length can be anything comes first: the kernel's verifier then finds the others' states among those it has seen.
  s.resume({ ...before, block: head, packet: known });
  const is = (number: number): readonly Path[] => {
    const fork = s.branch('eq', protocol, b.i32(number));
    for (const path of fork.no) s.resume(path);
    return fork.yes;
  };
  for (const number of stop?.numbers ?? []) {
    const rest = s.branch('eq', protocol, b.i32(number));
    for (const path of rest.yes) { s.resume(path); stop?.to(offset); }
    for (const path of rest.no) s.resume(path);
  }
  const options = [...is(HOP_BY_HOP), ...is(ROUTING), ...is(DESTINATION)];
  const fragments = is(FRAGMENT);
  const authentications = is(AUTHENTICATION);
  b.jump(done, protocol, offset, fragment, fragmentId);

  opened('options', options, (_, following, length) => {
    back(following, s.alu('shl', s.alu('add', length, b.i64(1)), b.i64(3)), fragment, fragmentId);
  });
  opened('authentication', authentications, (_, following, length) => {
    back(following, s.alu('shl', s.alu('add', length, b.i64(2)), b.i64(2)), fragment, fragmentId);
  });
  opened('fragment', fragments, (pointer, following) => {
    const flags = s.alu('and', b.load(pointer, 2, 2), b.i32(FRAGMENTED));
    const id = b.load(pointer, 4, 4);
    const later = s.branch('test', flags, b.i32(LATER));
    for (const path of later.yes) { s.resume(path); b.jump(done, following, offset, flags, id); }
    for (const first of later.no) { s.resume(first); back(following, b.i64(8), flags, id); }
  });
  const [p, o, f, i] = done.params as [Value, Value, Value, Value];
  const bases = new Map([...known.bases].filter(([by]) => by !== offset));
  s.resume({ ...before, block: done, packet: { ...known, bases } });
  return { protocol: p, offset: o, fragment: f, fragmentId: i };
}

function split(s: State, fork: { readonly yes: readonly Path[]; readonly no: readonly Path[] }, at: Place, reason: string): readonly Path[] {
  for (const path of fork.no) { s.resume(path); s.drop(reason, at); }
  return fork.yes;
}
