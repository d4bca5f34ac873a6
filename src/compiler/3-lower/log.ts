// log: a record for whoever listens. Where nobody does (image/logs.ts) it is a load and a jump; what is between is out of the packet's way.

import type { MapDecl, LogLine, Logs } from '../../image/image.ts';
import { sizeOf } from '../../image/layout.ts';
import { CREDIT_BYTES, recordLayout, USED_UP } from '../../image/logs.ts';
import type { Expr, ExprOf } from '../2-check/tree.ts';
import { evaluate } from './expressions.ts';
import { HELPER } from './kernel-functions.ts';
import { layoutFor, storeValue, zero } from './memory.ts';
import type { Path } from './path.ts';
import type { State } from './state.ts';

/** Of one element. */
const RING_BYTES = 16_384;
const U32 = { kind: 'int', bits: 32, signed: false, order: 'little' } as const;

/** The lines of a module, and the three maps that they need, which stand behind the module's own. */
export class LogTable {
  readonly #lines: LogLine[] = [];
  readonly #ring: number;

  /** `maps`: how many the module has. */
  constructor(maps: number) { this.#ring = maps; }

  get ring(): number { return this.#ring; }
  get credit(): number { return this.#ring + 1; }
  get unsaid(): number { return this.#ring + 2; }

  /** The index of a line; one place may be lowered more than once. */
  line(line: LogLine): number {
    const meaning = JSON.stringify(line);
    const known = this.#lines.findIndex(other => JSON.stringify(other) === meaning);
    return known >= 0 ? known : this.#lines.push(line) - 1;
  }

  /** `taken`: names of the module's maps. */
  done(taken: readonly string[]): { readonly logs: Logs; readonly maps: readonly MapDecl[] } | undefined {
    if (this.#lines.length === 0) return undefined;
    const named = (name: string): string => taken.includes(name) ? named(`${name}_`) : name;
    const own = { exported: false, scope: 'element', keyOffset: 0, valueOffset: 0, key: U32 } as const;
    const value = { kind: 'array', element: U32, length: this.#lines.length } as const;
    const count = { kind: 'int', bits: 64, signed: false, order: 'little' } as const;
    return {
      logs: { ring: this.ring, credit: this.credit, unsaid: this.unsaid, lines: this.#lines },
      maps: [
        { ...own, name: named('log_ring'), kind: 'ring', capacity: RING_BYTES, keyBytes: 0, valueBytes: 0, value: U32 },
        { ...own, name: named('log_credit'), kind: 'array', capacity: 1, keyBytes: 4, valueBytes: CREDIT_BYTES * this.#lines.length, value },
        { ...own, name: named('log_unsaid'), kind: 'percpu-array', capacity: this.#lines.length, keyBytes: 4, valueBytes: 8, value: count },
      ],
    };
  }
}

export function lowerLog(s: State, e: ExprOf<'log'>): void {
  // What could end the packet or change something happens whether anyone listens or not.
  const early = e.values.map(value => isStill(value) ? undefined : evaluate(s, value));
  s.at(e);
  const { b } = s;
  const record = recordLayout(e.values.map(value => layoutFor(s, value.type, e.at)));
  const { file, line, column } = e.at;
  const index = s.logs.line({ file, line, column, texts: e.texts, record });
  const credit = b.mapValue(s.logs.credit, CREDIT_BYTES * index);
  const left = b.load(credit, 0, 4);
  const listened = s.branch('ne', left, b.i32(0));
  const ends = [...listened.no];
  const unsaid: Path[] = [];
  for (const path of listened.yes) {
    s.resume(path);
    const more = s.branch('ne', left, b.i32(USED_UP));
    unsaid.push(...more.no);
    for (const sending of more.yes) {
      s.resume(sending);
      // Of two CPUs at once one may send a line more: that is as good.
      b.store(credit, 0, 4, s.alu('sub', left, b.i32(1)));
      const values = e.values.map((value, i) => early[i] ?? evaluate(s, value));
      s.at(e);
      const at = b.slot(record.bytes, 8);
      b.store(at, 0, 4, b.i32(index));
      let end = 4;
      for (const [i, field] of record.fields.slice(1).entries()) {
        const [value, of] = [values[i], e.values[i]];
        if (value === undefined || of === undefined) continue;
        zero(s, at, end, field.offset - end);
        storeValue(s, at, field.offset, of.type, value, e.at);
        end = field.offset + sizeOf(field.layout);
      }
      zero(s, at, end, record.bytes - end);
      const refused = s.branch('ne', b.call(HELPER.ringbuf_output, [b.map(s.logs.ring), at, b.i64(record.bytes), b.i64(0)]), b.i64(0));
      ends.push(...refused.no);
      unsaid.push(...refused.yes);
    }
  }
  s.join(unsaid, e.at);
  s.at(e);
  const key = b.slot(4, 4);
  b.store(key, 0, 4, b.i32(index));
  const count = b.lookup(HELPER.map_lookup_elem, [b.map(s.logs.unsaid), key]);
  const counted = s.branch('ne', count, b.i64(0));
  ends.push(...counted.no);
  for (const path of counted.yes) {
    s.resume(path);
    b.store(count, 0, 8, s.alu('add', b.load(count, 0, 8), b.i64(1)));
    ends.push(s.take());
  }
  s.join(ends, e.at);
}

/** Only reads, and never ends the packet. */
function isStill(e: Expr): boolean {
  switch (e.kind) {
    case 'const': case 'local': case 'seconds': case 'now': case 'settings': return true;
    case 'convert': case 'wrap': case 'unwrap': case 'refine': case 'negate': case 'complement': case 'mapped': case 'unmapped': return isStill(e.value);
    case 'arith': case 'compare': case 'min': case 'max': return isStill(e.left) && isStill(e.right);
    case 'field': return isStill(e.object);
    case 'member': case 'view-offset': case 'view-end': return isStill(e.view);
    case 'packet-field': return e.name !== 'vlan';
    case 'meta-field': return true;
    default: return false;
  }
}
