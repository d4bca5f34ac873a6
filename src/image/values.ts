// Plain values, as control code writes them, to bytes by layout and back. Where the bytes go (maps, hidden parts) is contents.ts.

import { ip4Bytes, ip4Text, ip6Bytes, ip6Text, macBytes, macText } from './address-text.ts';
import { hex } from './hex.ts';
import { sizeOf, type Layout } from './layout.ts';

/** Plain values by field or entry, as control code writes them: addresses are text, a u64 is a decimal string or bigint. */
export type Plain = string | number | bigint | boolean | Uint8Array | readonly Plain[] | { readonly [field: string]: Plain };
/** By the module's exported names: entries `[key, value]` of maps, values of arrays, fields of config and shape. */
export type Contents = { readonly [name: string]: Plain };

type PlainJson = string | number | boolean | readonly PlainJson[] | { readonly [field: string]: PlainJson };

/** What was not as the layout wants it: where (`stations[2].port`, empty for the value itself), and what is allowed there. */
export interface ValueError {
  readonly path: string;
  readonly message: string;
}

type Encoded = { readonly ok: true; readonly bytes: Uint8Array } | ({ readonly ok: false } & ValueError);

interface EncodeOptions {
  /** The bytes of a value of this layout: fields that are not given stay as they are there. Without it a missing field is an error. */
  readonly defaults?: Uint8Array;
  /** Where the value stands, before the paths of errors. */
  readonly path?: string;
}

export function encodeValue(layout: Layout, plain: Plain, options: EncodeOptions = {}): Encoded {
  const bytes = new Uint8Array(sizeOf(layout));
  if (options.defaults) {
    if (options.defaults.length !== bytes.length) throw new RangeError(`defaults of ${options.defaults.length} bytes for a value of ${bytes.length}`);
    bytes.set(options.defaults);
  }
  const error = write(layout, plain, { bytes, hasDefaults: options.defaults !== undefined, path: options.path ?? '' });
  return error ? { ok: false, ...error } : { ok: true, bytes };
}

/** Integers of 64 and 128 bits become bigints; ::ffff:a.b.c.d becomes a.b.c.d. */
export function decodeValue(layout: Layout, bytes: Uint8Array): Plain {
  switch (layout.kind) {
    case 'int': return readInt(layout, bytes);
    case 'bool': return bytes[0] !== 0;
    case 'mac': return macText(bytes.subarray(0, 6));
    case 'bytes': return bytes.slice(0, layout.length);
    case 'array': {
      const size = sizeOf(layout.element);
      return Array.from({ length: layout.length }, (_, i) => decodeValue(layout.element, bytes.subarray(i * size, (i + 1) * size)));
    }
    case 'struct': return Object.fromEntries(layout.fields.map(f => [f.name, decodeValue(f.layout, bytes.subarray(f.offset, f.offset + sizeOf(f.layout)))]));
  }
}

type Int = Layout & { kind: 'int' };

interface Place {
  readonly bytes: Uint8Array;
  readonly hasDefaults: boolean;
  readonly path: string;
}

function write(layout: Layout, plain: Plain, at: Place): ValueError | undefined {
  const wrong = (allowed: string): ValueError => ({ path: at.path, message: `${shown(plain)} is not ${allowed}` });
  const put = (bytes: Uint8Array | undefined, allowed: string): ValueError | undefined => {
    if (!bytes) return wrong(allowed);
    at.bytes.set(bytes);
    return undefined;
  };
  switch (layout.kind) {
    case 'int': return writeInt(layout, plain, at, wrong);
    case 'bool':
      if (typeof plain !== 'boolean') return wrong('true or false');
      return put(Uint8Array.of(plain ? 1 : 0), '');
    case 'mac': return put(typeof plain === 'string' ? macBytes(plain) : undefined, 'a MAC address such as 02:00:00:00:00:01');
    case 'bytes': return put(bytesOf(plain, layout.length), `${layout.length} bytes, as Uint8Array or ${2 * layout.length} hexadecimal digits`);
    case 'array': return writeArray(layout, plain, at, wrong);
    case 'struct': return writeStruct(layout, plain, at, wrong);
  }
}

function writeInt(layout: Int, plain: Plain, at: Place, wrong: (allowed: string) => ValueError): ValueError | undefined {
  const bytes = at.bytes.length;
  if (layout.text) {
    const network = typeof plain !== 'string' ? undefined : layout.text === 'ip4' ? ip4Bytes(plain) : ip6Bytes(plain);
    if (network?.length !== bytes) return wrong(layout.text === 'ip4' ? 'an IPv4 address such as 10.0.0.1' : 'an address such as fd00::1 or 10.0.0.1');
    at.bytes.set(layout.order === 'big' ? network : network.toReversed());
    return undefined;
  }
  const value = integer(plain);
  const least = layout.signed ? -(1n << BigInt(layout.bits - 1)) : 0n;
  const most = (1n << BigInt(layout.signed ? layout.bits - 1 : layout.bits)) - 1n;
  if (value === undefined || value < least || value > most) return wrong(`an integer in ${least} … ${most}`);
  for (let i = 0; i < bytes; i++) at.bytes[layout.order === 'little' ? i : bytes - 1 - i] = Number(value >> BigInt(8 * i) & 255n);
  return undefined;
}

/** A number that is exact, a bigint, or text of digits. */
function integer(plain: Plain): bigint | undefined {
  if (typeof plain === 'bigint') return plain;
  if (typeof plain === 'number') return Number.isSafeInteger(plain) ? BigInt(plain) : undefined;
  return typeof plain === 'string' && /^-?\d{1,40}$/.test(plain) ? BigInt(plain) : undefined;
}

function readInt(layout: Int, bytes: Uint8Array): Plain {
  const size = layout.bits / 8;
  const network = layout.order === 'big' ? bytes.slice(0, size) : bytes.slice(0, size).reverse();
  if (layout.text) return layout.text === 'ip4' ? ip4Text(network) : ip6Text(network);
  const unsigned = network.reduce((value, byte) => value << 8n | BigInt(byte), 0n);
  const value = layout.signed ? BigInt.asIntN(layout.bits, unsigned) : unsigned;
  return layout.bits <= 32 ? Number(value) : value;
}

function bytesOf(plain: Plain, length: number): Uint8Array | undefined {
  if (plain instanceof Uint8Array) return plain.length === length ? plain : undefined;
  if (typeof plain !== 'string' || plain.length !== 2 * length || !/^[0-9a-f]*$/i.test(plain)) return undefined;
  return Uint8Array.from(plain.match(/../g) ?? [], pair => Number.parseInt(pair, 16));
}

function writeArray(layout: Layout & { kind: 'array' }, plain: Plain, at: Place, wrong: (allowed: string) => ValueError): ValueError | undefined {
  if (!isList(plain) || plain.length > layout.length || (plain.length < layout.length && !at.hasDefaults)) {
    return wrong(`a list of ${at.hasDefaults ? 'at most ' : ''}${layout.length} values`);
  }
  const size = sizeOf(layout.element);
  for (const [i, element] of plain.entries()) {
    const error = write(layout.element, element, { ...at, bytes: at.bytes.subarray(i * size, (i + 1) * size), path: `${at.path}[${i}]` });
    if (error) return error;
  }
  return undefined;
}

function writeStruct(layout: Layout & { kind: 'struct' }, plain: Plain, at: Place, wrong: (allowed: string) => ValueError): ValueError | undefined {
  const names = layout.fields.map(f => f.name).join(', ');
  if (!isRecord(plain)) return wrong(`an object with the fields ${names}`);
  const join = (name: string): string => at.path === '' ? name : `${at.path}.${name}`;
  const unknown = Object.keys(plain).find(name => !layout.fields.some(f => f.name === name));
  if (unknown !== undefined) return { path: join(unknown), message: `there is no such field; ${layout.name || 'it'} has ${names}` };
  for (const field of layout.fields) {
    const value = Object.hasOwn(plain, field.name) ? plain[field.name] : undefined;
    if (value === undefined) {
      if (at.hasDefaults) continue;
      return { path: join(field.name), message: `is missing; ${layout.name || 'it'} has ${names}` };
    }
    const error = write(field.layout, value, { ...at, bytes: at.bytes.subarray(field.offset, field.offset + sizeOf(field.layout)), path: join(field.name) });
    if (error) return error;
  }
  return undefined;
}

/** As JSON carries it: a bigint as a decimal string, bytes as hexadecimal text; fields that are undefined are left out. */
export function jsonOf(value: unknown): PlainJson {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return hex(value);
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined).map(([k, v]) => [k, jsonOf(v)]));
  return value as PlainJson;
}

export function isList(plain: Plain): plain is readonly Plain[] {
  return Array.isArray(plain);
}

export function isRecord(plain: Plain): plain is { readonly [field: string]: Plain } {
  return typeof plain === 'object' && plain !== null && !Array.isArray(plain) && !(plain instanceof Uint8Array);
}

function shown(plain: Plain): string {
  if (plain === null || plain === undefined) return String(plain);
  if (plain instanceof Uint8Array) return `${plain.length} bytes`;
  if (isList(plain)) return `a list of ${plain.length}`;
  if (typeof plain === 'object') return 'an object';
  return typeof plain === 'string' ? `'${plain.length > 60 ? `${plain.slice(0, 60)}…` : plain}'` : String(plain);
}
