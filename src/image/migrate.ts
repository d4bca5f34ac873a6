// Entries of a map as another declaration of it wants them: keys and values field by field, by name. It moves bytes and writes no map.
//
// A field that is new is zero. One that is gone, or is of another kind now, is lost, which in a key means the whole map: what an entry was about
// would not be known any more. Integers may grow.

import type { Image, MapDecl } from './image.ts';
import { layoutHash } from './image-hash.ts';
import { isOfLogs } from './logs.ts';
import { sizeOf, type Layout } from './layout.ts';

/** Bytes from one place to another. */
type Move =
  | { readonly kind: 'copy'; readonly from: number; readonly to: number; readonly bytes: number }
  /** Of an integer, to one of as many bits or more. */
  | { readonly kind: 'int'; readonly from: number; readonly to: number; readonly before: Int; readonly after: Int };
type Int = Layout & { readonly kind: 'int' };

interface Converter {
  convert(bytes: Uint8Array): Uint8Array;
  /** Paths of what the old had and the new has not: `state`, `peer.port`. */
  readonly lost: readonly string[];
  /** Nothing of the old is in the new. */
  readonly empty: boolean;
}

/** - `same`: the very bytes. - `convert`: entries go over; `lost` names fields that do not. - `lost`: none does. */
export type Migration =
  | { readonly kind: 'same' }
  | { readonly kind: 'convert'; readonly key: Converter; readonly value: Converter; readonly lost: readonly string[] }
  | { readonly kind: 'lost'; readonly why: string };

/** The same map by name in two images; layouts are of the author's own key and value. */
export function migrationOf(before: MapDecl, after: MapDecl): Migration {
  if (layoutHash(before) === layoutHash(after)) return { kind: 'same' };
  if (before.kind !== after.kind) return { kind: 'lost', why: `it was of kind ${before.kind} and is of kind ${after.kind}` };
  if (before.inner || after.inner) return { kind: 'lost', why: 'it is a map of maps' };
  if (before.kind === 'ring' || before.kind === 'stages') return { kind: 'lost', why: `a ${before.kind} keeps nothing` };
  const key = converter(before.key, after.key), value = converter(before.value, after.value);
  if (key.lost.length > 0) return { kind: 'lost', why: `its key has no ${key.lost.map(nameOf).join(', ')} of that kind any more` };
  if (before.kind === 'lpm' && layoutHash({ ...before, key: after.key }) !== layoutHash(before)) return { kind: 'lost', why: 'prefixes of another key mean something else' };
  if (value.empty) return { kind: 'lost', why: 'its value has nothing of the old' };
  return { kind: 'convert', key, value, lost: value.lost };
}

/** Kinds that packets write into. */
const STATE: ReadonlySet<MapDecl['kind']> = new Set(['hash', 'lru', 'expiring', 'lpm', 'array', 'percpu-array', 'percpu-hash']);

/** Those that keep what packets wrote. */
export function stateMaps(image: Image): MapDecl[] {
  return image.maps.filter(decl => STATE.has(decl.kind) && !isOfLogs(image, decl));
}

/** A map, or fields of its values, that an image in the place of another does not keep. */
interface Loss { readonly map: string; readonly why: string }

export function lossesOf(image: Image, earlier: Image): Loss[] {
  const now = stateMaps(image);
  return stateMaps(earlier).flatMap((before): Loss[] => {
    const after = now.find(d => d.name === before.name);
    if (!after) return [{ map: before.name, why: 'there is no map of this name any more' }];
    const how = migrationOf(before, after);
    if (how.kind === 'lost') return [{ map: before.name, why: how.why }];
    return how.kind === 'convert' && how.lost.length > 0 ? [{ map: before.name, why: `its value has no ${how.lost.join(', ')} of that kind any more` }] : [];
  });
}

export function converter(before: Layout, after: Layout): Converter {
  const moves: Move[] = [], lost: string[] = [];
  plan({ moves, lost }, before, after, { from: 0, to: 0, path: '' });
  const bytes = sizeOf(after);
  return {
    lost, empty: moves.length === 0,
    convert(old) {
      const made = new Uint8Array(bytes);
      for (const move of moves) {
        if (move.kind === 'copy') made.set(old.subarray(move.from, move.from + move.bytes), move.to);
        else grow(old, made, move);
      }
      return made;
    },
  };
}

function plan(out: { readonly moves: Move[]; readonly lost: string[] }, before: Layout, after: Layout, at: { readonly from: number; readonly to: number; readonly path: string }): void {
  const { from, to, path } = at;
  const copy = (bytes: number): void => { out.moves.push({ kind: 'copy', from, to, bytes }); };
  if (before.kind === 'int' && after.kind === 'int') {
    // A signed number is not told apart from an unsigned one by its bits.
    if (before.signed !== after.signed || before.bits > after.bits) out.lost.push(path);
    else if (before.bits === after.bits && before.order === after.order) copy(before.bits / 8);
    else out.moves.push({ kind: 'int', from, to, before, after });
    return;
  }
  if (before.kind === 'array' && after.kind === 'array') {
    for (let i = 0; i < Math.min(before.length, after.length); i++) plan(out, before.element, after.element, { from: from + i * sizeOf(before.element), to: to + i * sizeOf(after.element), path: `${path}[${i}]` });
    if (before.length > after.length) out.lost.push(`${path}[${after.length}…${before.length - 1}]`);
    return;
  }
  if (before.kind === 'struct' && after.kind === 'struct') {
    for (const field of before.fields) {
      const name = path === '' ? field.name : `${path}.${field.name}`;
      const next = after.fields.find(f => f.name === field.name);
      if (next) plan(out, field.layout, next.layout, { from: from + field.offset, to: to + next.offset, path: name });
      else out.lost.push(name);
    }
    return;
  }
  if (before.kind === after.kind && sizeOf(before) <= sizeOf(after)) copy(sizeOf(before));
  else out.lost.push(path);
}

function grow(old: Uint8Array, made: Uint8Array, { from, to, before, after }: Move & { readonly kind: 'int' }): void {
  const count = before.bits / 8, room = after.bits / 8;
  const byte = (significance: number): number => old[from + (before.order === 'little' ? significance : count - 1 - significance)] as number;
  const fill = before.signed && byte(count - 1) >= 0x80 ? 0xff : 0;
  for (let significance = 0; significance < room; significance++) made[to + (after.order === 'little' ? significance : room - 1 - significance)] = significance < count ? byte(significance) : fill;
}

function nameOf(path: string): string {
  return path === '' ? 'value' : path;
}
