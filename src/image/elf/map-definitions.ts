// Maps defined by types: a variable in `.maps` whose struct says kind, sizes, key and value (libbpf, docs of `.maps`). What a number is
// stands as the length of an array that a pointer points to.
//
//     struct { int (*type)[1]; int (*max_entries)[64]; u32 *key; u64 *value; } counts SEC(".maps");

import type { BtfMember, BtfType } from '../btf-types.ts';
import type { ElfFile, ElfSymbol, Section } from './elf-file.ts';
import { type InnerObjectMap, MAP_TYPES, type ObjectMap, type ObjectMapType } from './object.ts';
import { fail } from './problem.ts';
import { plain, typeAt, typeBytes } from './type-size.ts';

/** A map, where it is, and the slots that the object fills. */
export interface DefinedMap {
  readonly map: Omit<ObjectMap, 'programs' | 'maps'>;
  readonly section: number;
  readonly offset: number;
  readonly size: number;
  /** Programs or maps by slot. */
  readonly values?: readonly { readonly index: number; readonly symbol: ElfSymbol }[];
}

const PIN_BY_NAME = 1;
const POINTER_BYTES = 8;
/** Their keys and values are given to the kernel by size alone. */
const WITHOUT_TYPES: ReadonlySet<ObjectMapType> = new Set([
  'PROG_ARRAY', 'PERF_EVENT_ARRAY', 'ARRAY_OF_MAPS', 'HASH_OF_MAPS', 'DEVMAP', 'DEVMAP_HASH', 'CPUMAP', 'XSKMAP', 'SOCKMAP', 'SOCKHASH', 'STACK_TRACE', 'RINGBUF', 'USER_RINGBUF', 'QUEUE', 'STACK', 'BLOOM_FILTER',
]);

export function definedMaps(elf: ElfFile, section: Section, types: readonly BtfType[]): DefinedMap[] {
  const variables = types.find(t => t.kind === 'datasec' && t.name === '.maps');
  if (variables?.kind !== 'datasec') return fail('section .maps', 'its maps are not described in .BTF: compile with -g');
  const relocations = elf.relocations.get(section.index) ?? [];
  const symbols = new Map((elf.symbolsOf.get(section.index) ?? []).map(s => [s.name, s]));
  return variables.variables.map(({ type: id }): DefinedMap => {
    const variable = typeAt(types, id);
    if (variable?.kind !== 'var') return fail('section .maps', `type ${id} is no variable`);
    const place = `map ${variable.name}`;
    const symbol = symbols.get(variable.name) ?? fail(place, 'is described, but there is no such symbol');
    const definition = plain(types, variable.type).type;
    if (definition?.kind !== 'struct') return fail(place, 'is no struct');
    // The symbol is longer than the type where values are an array without a length.
    const size = Math.max(definition.bytes, symbol.size);
    if (symbol.value + size > section.size) fail(place, 'is cut off');
    const { field, shape } = shapeOf(types, definition, variable.name);
    const { type } = shape;
    const values = field.member('values');
    return {
      section: section.index, offset: symbol.value, size,
      map: {
        ...shape, frozen: false, pinned: pinning(field.number('pinning'), place),
        ...(values && OF_MAPS.has(type) && { inner: innerOf(types, values, variable.name) }),
        ...(!WITHOUT_TYPES.has(type) && field.type('key') !== undefined && field.type('value') !== undefined && { types: { key: field.type('key')!, value: field.type('value')! } }),
      },
      ...(values && { values: filled(type, symbol.value + values.bitOffset / 8, size - values.bitOffset / 8, relocations, place) }),
    };
  });
}

/** The sizes that a struct says. */
function shapeOf(types: readonly BtfType[], definition: BtfType & { readonly members: readonly BtfMember[] }, name: string): { readonly field: ReturnType<typeof reader>; readonly shape: InnerObjectMap } {
  const place = `map ${name}`;
  const field = reader(types, new Map(definition.members.map(m => [m.name, m])), place);
  const type = MAP_TYPES[field.number('type') ?? fail(place, 'has no type')] ?? fail(place, 'is of a type that no kernel has');
  const valueBytes = field.size('value') || (field.member('values') ? 4 : 0);
  return { field, shape: { name, type, keyBytes: field.size('key'), valueBytes, capacity: field.number('max_entries') ?? 0, flags: field.number('map_flags') ?? 0 } };
}

/** `values` of a map of maps is an array of pointers to what describes each of them. */
function innerOf(types: readonly BtfType[], values: BtfMember, outer: string): InnerObjectMap {
  const place = `map ${outer}`;
  const array = plain(types, values.type).type;
  const pointer = array?.kind === 'array' ? plain(types, array.element).type : undefined;
  const definition = pointer?.kind === 'ptr' ? plain(types, pointer.type).type : undefined;
  if (definition?.kind !== 'struct') return fail(place, 'its values are no pointers to a map');
  const { field, shape } = shapeOf(types, definition, `${outer}.inner`);
  return field.member('values') ? fail(place, 'its maps have values of their own: no map is nested deeper') : shape;
}

const OF_MAPS: ReadonlySet<ObjectMapType> = new Set(['ARRAY_OF_MAPS', 'HASH_OF_MAPS']);

const KNOWN: ReadonlySet<string> = new Set(['type', 'key', 'key_size', 'value', 'value_size', 'max_entries', 'map_flags', 'pinning', 'values', 'numa_node']);

function reader(types: readonly BtfType[], fields: ReadonlyMap<string, BtfMember>, place: string) {
  for (const name of fields.keys()) if (!KNOWN.has(name)) fail(place, `its field ${name} is not known; those are: ${[...KNOWN].join(', ')}`);
  const pointee = (name: string): number | undefined => {
    const member = fields.get(name);
    if (!member) return undefined;
    const { type } = plain(types, member.type);
    return type?.kind === 'ptr' ? type.type : fail(place, `its field ${name} is no pointer`);
  };
  const number = (name: string): number | undefined => {
    const member = fields.get(name);
    if (!member) return undefined;
    const own = plain(types, member.type).type;
    // A 64-bit number is the value of an enumeration (__ulong of libbpf).
    if ((own?.kind === 'enum' || own?.kind === 'enum64') && own.values.length === 1) return Number(own.values[0]!.value);
    const array = plain(types, pointee(name)!).type;
    return array?.kind === 'array' ? array.length : fail(place, `its field ${name} is no number: int (*${name})[N]`);
  };
  return {
    number,
    member: (name: string): BtfMember | undefined => fields.get(name),
    type: pointee,
    size(name: 'key' | 'value'): number {
      const given = number(`${name}_size`);
      const type = pointee(name);
      const known = type === undefined ? undefined : typeBytes(types, type);
      if (given !== undefined && known !== undefined && given !== known) fail(place, `its ${name} is ${known} bytes by type, ${given} by ${name}_size`);
      return given ?? known ?? 0;
    },
  };
}

function pinning(value: number | undefined, place: string): boolean {
  if (value !== undefined && value > PIN_BY_NAME) fail(place, `pinning is ${value}; 0 and 1 (by name) are known`);
  return value === PIN_BY_NAME;
}

function filled(type: ObjectMapType, from: number, bytes: number, relocations: readonly { readonly offset: number; readonly symbol: ElfSymbol }[], place: string): { readonly index: number; readonly symbol: ElfSymbol }[] {
  if (type !== 'PROG_ARRAY' && !OF_MAPS.has(type)) fail(place, `values of a map of type ${type} cannot be given`);
  const held = type === 'PROG_ARRAY' ? 'function' : 'object';
  return relocations.filter(r => r.offset >= from && r.offset < from + bytes).map(({ offset, symbol }) => {
    const index = (offset - from) / POINTER_BYTES;
    if (!Number.isInteger(index) || symbol.kind !== held) fail(place, `values[${index}] is no ${held === 'object' ? 'map' : 'program'} of this object`);
    return { index, symbol };
  });
}
