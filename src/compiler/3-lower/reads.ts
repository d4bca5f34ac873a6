// How far into a packet a program's reads may go: what must be in the linear part of a packet before the program begins (image.ts, `Reads`).
//
// Noted while lowering, told when all of the program is there, for only then are the bounds of variable places known. What follows a pull
// of its own (checksums.ts) is not noted. It moves no packet; that is whoever links.

import type { Reads } from '../../image/image.ts';
import { dominators } from '../ir/dominators.ts';
import { endOf, isBlock, targets, type Block, type Func, type Value } from '../ir/ir.ts';
import { Ranges } from '../ir/ranges.ts';
import type { View } from './value.ts';

/** Where headers that may follow one another end at the latest, with all that is usual: as far as the kernel itself looks into frames (GRO_MAX_HEAD). */
const HEADERS_END = 192;
/** Ethernet and the network header: the kernel, too, has them in the linear part, and all of TCP's headers reach as far. */
export const ALWAYS_LINEAR = 54;

export class ReadNotes {
  readonly #reads: { readonly by: Value | undefined; readonly bytes: number; readonly block: Block }[] = [];
  /** Places that chains of headers lead to: in theory anywhere. */
  readonly #chained = new Set<Value>();
  #payload = false;

  /** `bytes` from `by` on are looked for in `block`. */
  note(by: Value | undefined, bytes: number, block: Block): void { this.#reads.push({ by, bytes, block }); }

  /** `place` is behind extension headers or options. */
  chained(place: Value): void { this.#chained.add(place); }

  /** What lies behind the header of a connection is read, or what lies anywhere: the segments' headers are not enough. */
  payload(): void { this.#payload = true; }

  /** A view's place is noted by who looks for its bytes; this is about what is around it. */
  view({ outer }: View): void {
    for (let around = outer; around; around = around.outer) if (around.header.name === 'Tcp' || around.header.name === 'Vxlan') this.#payload = true;
  }

  of(fn: Func): Reads | undefined {
    const ranges = new Ranges(dominators(fn));
    const reached = new Set(fn.blocks);
    const given = new Map<Value, Value[]>();
    for (const { block: to, args } of fn.blocks.flatMap(block => targets(endOf(block)))) {
      for (const [i, param] of to.params.entries()) given.set(param, [...given.get(param) ?? [], args[i] as Value]);
    }
    const most = (value: Value, block: Block, known = new Map<Value, number>()): number => {
      if (this.#chained.has(value)) return HEADERS_END;
      const before = known.get(value);
      if (before !== undefined) return before;
      const range = Number(ranges.most(value, block, 'truth'));
      // What a loop makes of it is, on the way around, all that it can be.
      known.set(value, range);
      const parts = (values: readonly Value[]): number[] => values.map(part => most(part, block, known));
      const { def } = value;
      const made = isBlock(def) ? Math.max(...parts(given.get(value) ?? [value]))
        : def.op === 'alu' && def.alu === 'add' ? parts(def.args).reduce((sum, part) => sum + part, 0) : range;
      known.set(value, Math.min(range, made));
      return Math.min(range, made);
    };
    const ends = this.#reads.filter(({ block }) => reached.has(block)).map(({ by, bytes, block }) => (by === undefined ? 0 : most(by, block)) + bytes);
    const bytes = Math.min(Math.max(0, ...ends), MOST_BYTES);
    return bytes <= ALWAYS_LINEAR ? undefined : { bytes, payload: this.#payload };
  }
}

/** Packets end before, but for those of several segments. */
const MOST_BYTES = 0xffff;
