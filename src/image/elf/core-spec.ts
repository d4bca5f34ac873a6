// Compile-once relocations, the question: an access such as `0:1:2` on a type, resolved into a path by names, and the same path found in
// another kernel's types (libbpf, relo_core.c; kernel Documentation/bpf/llvm_reloc.rst). What is then written where is core-apply.ts.

import type { BtfMember, BtfType } from '../btf-types.ts';
import { fail } from './problem.ts';
import { MOST_DEPTH, plain, typeAt, typeBytes } from './type-size.ts';

/** A field: where it is in its root type. `path` is what another kernel must have too. */
export interface Field {
  readonly path: readonly Step[];
  readonly type: number;
  readonly bitOffset: number;
  /** Of bit fields, else 0. */
  readonly bitSize: number;
}

/** `name`: a member, however deep in anonymous structs; `index`: an element. */
type Step = { readonly name: string; readonly type: number } | { readonly index: number };

const MOST_STEPS = 64;

/** `___` and what follows tell flavours of one type apart: they are the same to the kernel. */
export function essentialName(name: string): string {
  const at = name.search(/[^_]___[^_]/);
  return at < 0 ? name : name.slice(0, at + 1);
}

export function accessNumbers(access: string, place: string): number[] {
  const numbers = access.split(':').map(part => /^\d{1,9}$/.test(part) ? Number(part) : -1);
  return numbers.length > MOST_STEPS || numbers.includes(-1) ? fail(place, `'${access.slice(0, 40)}' is no access`) : numbers;
}

/** The field of the object's own types. */
export function localField(types: readonly BtfType[], root: number, access: string, place: string): Field {
  const [first = 0, ...rest] = accessNumbers(access, place);
  const path: Step[] = [{ index: first }];
  let bitOffset = first === 0 ? 0 : 8 * first * typeBytes(types, root);
  let bitSize = 0;
  let id = plain(types, root).id;
  for (const index of rest) {
    const { type } = plain(types, id);
    bitSize = 0;
    if (type?.kind === 'struct' || type?.kind === 'union') {
      const member = type.members[index] ?? fail(place, `${type.name} has no member ${index}`);
      bitOffset += member.bitOffset;
      bitSize = member.bitSize;
      if (member.name !== '') path.push({ name: member.name, type: member.type });
      id = member.type;
    } else if (type?.kind === 'array') {
      path.push({ index });
      bitOffset += 8 * index * typeBytes(types, type.element);
      id = type.element;
    } else fail(place, `the access ${access} goes into a ${type?.kind ?? 'void'}`);
  }
  return { path, type: id, bitOffset, bitSize };
}

/** The same field of another kernel's type; undefined: it has none. */
export function targetField(local: readonly BtfType[], path: readonly Step[], types: readonly BtfType[], root: number, place: string): Field | undefined {
  const first = path[0] as { readonly index: number };
  let bitOffset = first.index === 0 ? 0 : 8 * first.index * typeBytes(types, root);
  let bitSize = 0;
  let id = plain(types, root).id;
  for (const step of path.slice(1)) {
    const { type } = plain(types, id);
    bitSize = 0;
    if ('index' in step) {
      // An array at the end of a struct may have no length of its own.
      if (type?.kind !== 'array' || (step.index >= type.length && type.length !== 0)) return undefined;
      bitOffset += 8 * step.index * typeBytes(types, type.element);
      id = type.element;
      continue;
    }
    const found = memberNamed(types, id, step.name, new Set());
    if (!found || !compatible(local, step.type, types, found.member.type, 0)) return undefined;
    bitOffset += found.bitOffset;
    bitSize = found.member.bitSize;
    id = found.member.type;
  }
  if (bitOffset > 0xffff_ffff) fail(place, 'the field is past all sizes');
  return { path, type: id, bitOffset, bitSize };
}

function memberNamed(types: readonly BtfType[], id: number, name: string, seen: Set<BtfType>): { readonly member: BtfMember; readonly bitOffset: number } | undefined {
  const { type } = plain(types, id);
  if ((type?.kind !== 'struct' && type?.kind !== 'union') || seen.has(type) || seen.size > MOST_DEPTH) return undefined;
  seen.add(type);
  for (const member of type.members) {
    if (member.name === name) return { member, bitOffset: member.bitOffset };
    if (member.name !== '') continue;
    const inside = memberNamed(types, member.type, name, seen);
    if (inside) return { member: inside.member, bitOffset: member.bitOffset + inside.bitOffset };
  }
  return undefined;
}

/** Whether a field of one type may be read as a field of the other. */
function compatible(local: readonly BtfType[], localId: number, target: readonly BtfType[], targetId: number, depth: number): boolean {
  const a = plain(local, localId).type;
  const b = plain(target, targetId).type;
  if (!a || !b) return a === b;
  const isComposite = (t: BtfType): boolean => t.kind === 'struct' || t.kind === 'union';
  const isEnum = (t: BtfType): t is BtfType & { readonly kind: 'enum' | 'enum64' } => t.kind === 'enum' || t.kind === 'enum64';
  if (isComposite(a) && isComposite(b)) return true;
  if (isEnum(a) && isEnum(b)) return a.name === '' || b.name === '' || essentialName(a.name) === essentialName(b.name);
  if (a.kind === 'array' && b.kind === 'array') return depth < MOST_DEPTH && compatible(local, a.element, target, b.element, depth + 1);
  return a.kind === b.kind && (a.kind === 'ptr' || a.kind === 'int' || a.kind === 'float' || a.kind === 'fwd');
}

/** Types of the target that go by the name of a local one. */
export function candidates(local: readonly BtfType[], id: number, byName: ReadonlyMap<string, readonly number[]>, target: readonly BtfType[]): readonly number[] {
  const { type } = plain(local, id);
  const named = typeAt(local, id);
  const name = named && 'name' in named && named.name !== '' ? named : type;
  if (!name || !('name' in name) || name.name === '') return [];
  const family = (kind: BtfType['kind']): string => kind === 'enum64' ? 'enum' : kind;
  return (byName.get(essentialName(name.name)) ?? []).filter(c => family(typeAt(target, c)!.kind) === family(name.kind));
}

export function typesByName(types: readonly BtfType[]): ReadonlyMap<string, readonly number[]> {
  const all = new Map<string, number[]>();
  for (const [i, type] of types.entries()) {
    if (!('name' in type) || type.name === '') continue;
    const name = essentialName(type.name);
    const list = all.get(name);
    if (list) list.push(i + 1);
    else all.set(name, [i + 1]);
  }
  return all;
}
