// Applies compile-once relocations to a section's code: each instruction gets the offset, size or answer that is right for the kernel
// whose BTF is given. Where that kernel has no such field, the instruction becomes a call of no function, as libbpf does: a program
// whose guards keep it from being reached still loads in the kernel.

import type { BtfType } from '../btf-types.ts';
import { accessNumbers, candidates, essentialName, localField, targetField, typesByName } from './core-spec.ts';
import { CORE_KINDS, fieldPlace, fieldValue, type CoreKind, type FieldPlace } from './core-value.ts';
import { viewOf, type Section } from './elf-file.ts';
import type { CoreRecord } from './ext-info.ts';
import { CALL, LDDW, SLOT_BYTES } from './format.ts';
import { fail } from './problem.ts';
import { plain, typeBytes } from './type-size.ts';

/** libbpf's number: logs of verifiers that show it are understood everywhere. */
export const NO_SUCH_FIELD = 0xbad2310;
const CLASS_MASK = 7;
const ALU = 4, ALU64 = 7, LD = 0, LDX = 1, ST = 2, STX = 3;
const SOURCE_REGISTER = 8;
const SIZE_CODES: Readonly<Record<number, number>> = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 };
const SIZE_MASK = 0x18;
const MOST_OFFSET = 0x7fff;

/** `before` is what the compiler wrote, `after` what is to be there. How it covers bit fields with loads is the compiler's choice: undefined. */
interface Answer {
  readonly before: bigint | undefined;
  readonly after: bigint;
  /** Sizes of the access, where it is one of a field that has another size now. */
  readonly resize?: { readonly before: FieldPlace; readonly after: FieldPlace };
}

interface World {
  readonly local: readonly BtfType[];
  readonly target: readonly BtfType[];
  readonly byName: ReadonlyMap<string, readonly number[]>;
}

export function applyCore(section: Section, records: readonly CoreRecord[], local: readonly BtfType[], target: readonly BtfType[]): Uint8Array {
  const code = section.bytes.slice();
  const world: World = { local, target, byName: typesByName(target) };
  const known = new Map<string, Answer | undefined>();
  for (const record of records) {
    const place = `section ${section.name}, slot ${record.slot}`;
    if ((record.slot + 1) * SLOT_BYTES > code.length) fail(place, 'a relocation behind the code');
    const key = `${record.kind} ${record.type} ${record.access}`;
    if (!known.has(key)) known.set(key, answer(world, record, place));
    patch(code, record.slot, known.get(key), place);
  }
  return code;
}

/** Undefined: the target has nothing of the kind. */
function answer(world: World, record: CoreRecord, place: string): Answer | undefined {
  const kind = CORE_KINDS[record.kind] ?? fail(place, `relocation kind ${record.kind} is not known`);
  switch (kind) {
    case 'local-type': return { before: BigInt(record.type), after: BigInt(record.type) };
    case 'type-matches': return fail(place, 'the question whether types match (bpf_core_type_matches) is not supported');
    case 'target-type': case 'type-exists': case 'type-size': return typeAnswer(world, kind, record, place);
    case 'value-exists': case 'value': return valueAnswer(world, kind, record, place);
    default: return fieldAnswer(world, kind, record, place);
  }
}

function fieldAnswer(world: World, kind: CoreKind, record: CoreRecord, place: string): Answer | undefined {
  const { local, target } = world;
  const own = localField(local, record.type, record.access, place);
  const before = fieldPlace(local, own, place);
  const found = candidates(local, record.type, world.byName, target)
    .map(id => targetField(local, own.path, target, id, place)).filter(f => f !== undefined)
    .map(f => fieldPlace(target, f, place));
  const isChosen = own.bitSize > 0 && (kind === 'field-offset' || kind === 'field-size' || kind === 'field-left-shift');
  const value = isChosen ? undefined : fieldValue(kind, before);
  if (found.length === 0) return kind === 'field-exists' ? { before: value, after: 0n } : undefined;
  const after = fieldValue(kind, found[0]!);
  if (found.some(f => fieldValue(kind, f) !== after)) fail(place, `types of the kernel that go by one name differ in it (access ${record.access})`);
  return { before: value, after, ...(kind === 'field-offset' && own.bitSize === 0 && before.bytes !== found[0]!.bytes && { resize: { before, after: found[0]! } }) };
}

function typeAnswer({ local, target, byName }: World, kind: CoreKind, record: CoreRecord, place: string): Answer | undefined {
  const found = candidates(local, record.type, byName, target);
  const first = found[0];
  const sizeIn = (types: readonly BtfType[], id: number): bigint => BigInt(typeBytes(types, id));
  switch (kind) {
    case 'type-exists': return { before: 1n, after: first === undefined ? 0n : 1n };
    case 'type-size': {
      if (first === undefined) return undefined;
      if (found.some(id => sizeIn(target, id) !== sizeIn(target, first))) fail(place, 'types of the kernel that go by one name differ in size');
      return { before: sizeIn(local, record.type), after: sizeIn(target, first) };
    }
    default:
      if (found.length > 1) fail(place, 'several types of the kernel go by the name');
      return first === undefined ? undefined : { before: BigInt(record.type), after: BigInt(first) };
  }
}

function valueAnswer({ local, target, byName }: World, kind: CoreKind, record: CoreRecord, place: string): Answer | undefined {
  const [index = 0] = accessNumbers(record.access, place);
  const { type } = plain(local, record.type);
  if (type?.kind !== 'enum' && type?.kind !== 'enum64') return fail(place, 'a value of what is no enumeration');
  const own = type.values[index] ?? fail(place, `${type.name} has no value ${index}`);
  const found = candidates(local, record.type, byName, target).flatMap(id => {
    const other = plain(target, id).type;
    return other?.kind === 'enum' || other?.kind === 'enum64' ? other.values.filter(v => essentialName(v.name) === essentialName(own.name)) : [];
  });
  if (kind === 'value-exists') return { before: 1n, after: found.length > 0 ? 1n : 0n };
  if (found.length === 0) return undefined;
  if (found.some(v => v.value !== found[0]!.value)) fail(place, `the kernel has several values of ${own.name}`);
  return { before: own.value, after: found[0]!.value };
}

function patch(code: Uint8Array, slot: number, answer: Answer | undefined, place: string): void {
  const view = viewOf(code);
  const at = slot * SLOT_BYTES;
  const opcode = code[at]!;
  const isWide = opcode === LDDW;
  if (isWide && at + 2 * SLOT_BYTES > code.length) fail(place, 'a wide load has a second slot');
  if (!answer) {
    for (const half of isWide ? [at, at + SLOT_BYTES] : [at]) {
      code.fill(0, half, half + SLOT_BYTES);
      code[half] = CALL;
      view.setInt32(half + 4, NO_SUCH_FIELD, true);
    }
    return;
  }
  const { before, after } = answer;
  const kindOf = opcode & CLASS_MASK;
  if (isWide) {
    view.setInt32(at + 4, Number(BigInt.asIntN(32, after)), true);
    view.setInt32(at + SLOT_BYTES + 4, Number(BigInt.asIntN(32, after >> 32n)), true);
  } else if ((kindOf === ALU || kindOf === ALU64) && (opcode & SOURCE_REGISTER) === 0) {
    if (before !== undefined && view.getInt32(at + 4, true) !== Number(BigInt.asIntN(32, before))) fail(place, `the immediate is not the ${before} that the compiler's types say`);
    view.setInt32(at + 4, Number(BigInt.asIntN(32, after)), true);
  } else if (kindOf === LDX || kindOf === ST || kindOf === STX) {
    if (before !== undefined && BigInt(view.getInt16(at + 2, true)) !== before) fail(place, `the offset is not the ${before} that the compiler's types say`);
    if (after > MOST_OFFSET) fail(place, `the field is at ${after}, farther than a load reaches`);
    view.setInt16(at + 2, Number(after), true);
    if (answer.resize) resize(code, at, answer.resize, place);
  } else fail(place, `a relocation where neither a number nor an access is${kindOf === LD ? ' (a legacy packet load)' : ''}`);
}

/** The access takes the size that the field has now: right for what is unsigned only. */
function resize(code: Uint8Array, at: number, { before, after }: NonNullable<Answer['resize']>, place: string): void {
  const size = SIZE_CODES[after.bytes];
  if (size === undefined || !before.isResizable || !after.isResizable) fail(place, `the field has ${after.bytes} bytes where it had ${before.bytes}, and its access cannot change`);
  code[at] = code[at]! & ~SIZE_MASK | size;
}
