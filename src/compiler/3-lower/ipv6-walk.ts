// Past the extension headers of IPv6 to the transport header (RFC 8200 4): a loop of at most six, off the common way.
//
//     start → head(protocol, offset, round): an extension header? no → end
//             round < 6, 8 bytes inside?     else dropped as `extension-headers`, `short`
//             → head(its next header, offset + its length, round + 1); a later fragment carries no transport header

import type { Place } from '../2-check/tree.ts';
import type { Block, Value } from '../ir/ir.ts';
import type { Path } from './path.ts';
import type { State } from './state.ts';
import type { View } from './value.ts';
import { inside, loadPacket } from './views.ts';

const MOST_HEADERS = 6;
/** Farther than any real chain; the kernel wants a bound of packet offsets. */
const MOST_OFFSET = 0x7ff;
const HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, AUTHENTICATION = 51, DESTINATION = 60;

export interface Walk {
  /** Where there is no transport header: later fragments, headers that hide it. */
  readonly none: readonly Path[];
  /** `protocol` (i32) behind the last extension header, at `offset` (i64) from the start of the packet. */
  readonly end: { readonly path: Path; readonly protocol: Value; readonly offset: Value } | undefined;
}

/** From the current path, which it uses up. `next` is the header's own field. */
export function extensionWalk(s: State, view: View, next: Value, at: Place): Walk {
  const { b } = s;
  loadPacket(s);
  const none: Path[] = [];
  const head = b.block('extension', 'i32', 'i64', 'i32');
  const [protocol, offset, round] = head.params as [Value, Value, Value];
  const done = b.block('transport', 'i32', 'i64');
  const start = s.alu('add', view.by ?? b.i64(0), b.i64(view.at + view.header.bytes));
  b.jump(head, next, start, b.i32(0));

  const back = (path: Path, following: Value, length: Value): void => {
    s.resume(path);
    const far = s.alu('add', offset, length);
    for (const p of split(s, s.branch('ule', far, b.i64(MOST_OFFSET)), at, 'extension-headers')) {
      s.resume(p);
      b.jump(head, following, far, s.alu('add', round, b.i32(1)));
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
  const options = [...is(HOP_BY_HOP), ...is(ROUTING), ...is(DESTINATION)];
  const fragments = is(FRAGMENT);
  const authentications = is(AUTHENTICATION);
  b.jump(done, protocol, offset);

  opened('options', options, (_, following, length) => {
    back(s.take(), following, s.alu('shl', s.alu('add', length, b.i64(1)), b.i64(3)));
  });
  opened('authentication', authentications, (_, following, length) => {
    back(s.take(), following, s.alu('shl', s.alu('add', length, b.i64(2)), b.i64(2)));
  });
  opened('fragment', fragments, (pointer, following) => {
    const later = s.branch('test', b.load(pointer, 2, 2), b.i32(0xf8ff));     // the offset's 13 bits, as memory has them
    none.push(...later.yes);
    for (const first of later.no) { s.resume(first); back(first, following, b.i64(8)); }
  });
  s.packet = known;
  return { none: none.map(path => withoutBase(path, offset)), end: end(done, before, s) };
}

function end(done: Block, before: Pick<Path, 'values' | 'live'>, s: State): Walk['end'] {
  const [protocol, offset] = done.params as [Value, Value];
  const bases = new Map([...s.packet.bases].filter(([by]) => by === undefined));
  return { path: { ...before, block: done, packet: { ...s.packet, bases } }, protocol, offset };
}

/** The loop's offset is not a base outside of it. */
function withoutBase(path: Path, offset: Value): Path {
  return { ...path, packet: { ...path.packet, bases: new Map([...path.packet.bases].filter(([by]) => by !== offset)) } };
}

function split(s: State, fork: { readonly yes: readonly Path[]; readonly no: readonly Path[] }, at: Place, reason: string): readonly Path[] {
  for (const path of fork.no) { s.resume(path); s.drop(reason, at); }
  return fork.yes;
}
