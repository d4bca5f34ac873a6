// Bytes to BTF types: our own, and the kernel's. It never throws: what is malformed is an error value. It checks the form and
// that ids and strings are there, not that types make sense.

import { BTF_HEADER_BYTES, BTF_KINDS, BTF_MAGIC, INT_ENCODINGS, LINKAGE, type BtfType } from './btf-types.ts';

export type ReadBtf =
  | { readonly ok: true; readonly types: readonly BtfType[]; /** Text in the string section; undefined behind its end. */ stringAt(offset: number): string | undefined }
  | { readonly ok: false; readonly reason: string };

/** Longer names are no compiler's, and thousands of types with one long name would take all memory. */
const MOST_TEXT_BYTES = 4096;

class Malformed extends Error {}

export function readBtf(bytes: Uint8Array): ReadBtf {
  try {
    return { ok: true, ...read(bytes) };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, reason: error.message };
    throw error;
  }
}

function read(bytes: Uint8Array): { readonly types: readonly BtfType[]; stringAt(offset: number): string | undefined } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < BTF_HEADER_BYTES || view.getUint16(0, true) !== BTF_MAGIC || view.getUint8(2) !== 1) throw new Malformed('is not BTF of version 1');
  const word = (at: number): number => view.getUint32(at, true);
  const header = word(4);
  const typesAt = header + word(8);
  const typesEnd = typesAt + word(12);
  const stringsAt = header + word(16);
  const stringsEnd = stringsAt + word(20);
  if (header < BTF_HEADER_BYTES || typesEnd > bytes.length || stringsEnd > bytes.length || (typesEnd - typesAt) % 4 !== 0) throw new Malformed('has sections behind its end');
  const strings = bytes.subarray(stringsAt, stringsEnd);
  const stringAt = (offset: number): string | undefined => {
    const window = strings.subarray(offset, offset + MOST_TEXT_BYTES);
    const end = window.indexOf(0);
    return end < 0 ? undefined : new TextDecoder().decode(window.subarray(0, end));
  };
  const types: BtfType[] = [];
  let at = typesAt;
  const next = (): number => {
    if (at + 4 > typesEnd) throw new Malformed(`type ${types.length + 1} ends behind the section`);
    at += 4;
    return word(at - 4);
  };
  const name = (offset: number): string => stringAt(offset) ?? fail(types.length + 1, 'has a name that is not there');
  while (at < typesEnd) types.push(readType(next, name, types.length + 1));
  types.forEach((type, i) => { for (const id of references(type)) if (id > types.length) fail(i + 1, `refers to type ${id}`); });
  return { types, stringAt };
}

function fail(id: number, message: string): never {
  throw new Malformed(`type ${id} ${message}`);
}

function readType(next: () => number, name: (offset: number) => string, id: number): BtfType {
  const [nameOffset, info, sizeOrType] = [next(), next(), next()];
  const kind = BTF_KINDS[info >> 24 & 0x1f];
  const flag = info >>> 31 === 1;
  const vlen = info & 0xffff;
  const entries = <T>(one: () => T): T[] => Array.from({ length: vlen }, one);
  const linkage = (n: number): typeof LINKAGE[number] => LINKAGE[n] ?? fail(id, `has linkage ${n}`);
  switch (kind) {
    case 'int': {
      const bits = next();
      const encoding = (Object.keys(INT_ENCODINGS) as (keyof typeof INT_ENCODINGS)[]).find(e => INT_ENCODINGS[e] === (bits >> 24 & 15));
      return { kind, name: name(nameOffset), bytes: sizeOrType, bits: bits & 255, encoding: encoding ?? fail(id, `has encoding ${bits >> 24}`) };
    }
    case 'ptr': case 'volatile': case 'const': case 'restrict': return { kind, type: sizeOrType };
    case 'typedef': case 'type-tag': return { kind, name: name(nameOffset), type: sizeOrType };
    case 'array': return { kind, element: next(), index: next(), length: next() };
    case 'struct': case 'union': return {
      kind, name: name(nameOffset), bytes: sizeOrType,
      members: entries(() => {
        const [memberName, type, offset] = [next(), next(), next()];
        return { name: name(memberName), type, bitOffset: flag ? offset & 0xff_ffff : offset, bitSize: flag ? offset >>> 24 : 0 };
      }),
    };
    case 'enum': return { kind, name: name(nameOffset), bytes: sizeOrType, signed: flag, values: entries(() => ({ name: name(next()), value: BigInt(flag ? next() | 0 : next()) })) };
    case 'enum64': return {
      kind, name: name(nameOffset), bytes: sizeOrType, signed: flag,
      values: entries(() => {
        const [valueName, low, high] = [next(), next(), next()];
        const value = BigInt(high) << 32n | BigInt(low);
        return { name: name(valueName), value: flag ? BigInt.asIntN(64, value) : value };
      }),
    };
    case 'fwd': return { kind, name: name(nameOffset), of: flag ? 'union' : 'struct' };
    case 'func': return { kind, name: name(nameOffset), type: sizeOrType, linkage: linkage(vlen) };
    case 'func-proto': return { kind, returns: sizeOrType, params: entries(() => ({ name: name(next()), type: next() })) };
    case 'var': return { kind, name: name(nameOffset), type: sizeOrType, linkage: linkage(next()) };
    case 'datasec': return { kind, name: name(nameOffset), bytes: sizeOrType, variables: entries(() => ({ type: next(), offset: next(), bytes: next() })) };
    case 'float': return { kind, name: name(nameOffset), bytes: sizeOrType };
    case 'decl-tag': return { kind, name: name(nameOffset), type: sizeOrType, component: next() | 0 };
    default: return fail(id, `has kind ${info >> 24 & 0x1f}`);
  }
}

function references(type: BtfType): number[] {
  switch (type.kind) {
    case 'ptr': case 'volatile': case 'const': case 'restrict': case 'typedef': case 'type-tag': case 'func': case 'var': case 'decl-tag': return [type.type];
    case 'array': return [type.element, type.index];
    case 'struct': case 'union': return type.members.map(m => m.type);
    case 'func-proto': return [type.returns, ...type.params.map(p => p.type)];
    case 'datasec': return type.variables.map(v => v.type);
    case 'int': case 'enum': case 'enum64': case 'fwd': case 'float': return [];
  }
}
