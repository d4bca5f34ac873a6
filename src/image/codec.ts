// Images as JSON text: how they travel and are stored. The text of equal images is equal, and so is their hash (image-hash.ts).
// Decoding checks the shape and the references inside; whether the code is safe is the engine's to say.

import { canonicalJson } from './canonical-json.ts';
import { unhex } from './hex.ts';
import type { Field, Layout } from './layout.ts';
import { alignOf, sizeOf } from './layout.ts';
import type { Image, Logs, MapDecl, Program, Relocation } from './image.ts';
import { CREDIT_BYTES } from './logs.ts';
import { hiddenParts } from './hidden.ts';
import { check, flag, list, object, oneOf, text, union, whole, wrong, type Read } from './shape-check.ts';

/** Limits of an image: slots are the verifier's; the others are far above what a module needs. */
const IMAGE_LIMITS = { slots: 1_000_000, maps: 256, programs: 16, stages: 32, files: 1024, sites: 65_536, ports: 65_536, layoutDepth: 16, fields: 1024, valueBytes: 1 << 20 } as const;

type DecodedImage =
  | { readonly ok: true; readonly image: Image }
  | { readonly ok: false; /** Such as `programs[0].lines[3].file`; empty for the whole. */ readonly path: string; readonly message: string };

export function encodeImage(image: Image): string {
  return canonicalJson(image);
}

export function decodeImage(json: string): DecodedImage {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return { ok: false, path: '', message: `is not JSON: ${(error as Error).message}` };
  }
  const checked = check(readImage, value);
  return checked.ok ? { ok: true, image: checked.value } : checked;
}

const bytes: Read<Uint8Array> = (value, path) => (typeof value === 'string' ? unhex(value) : undefined) ?? wrong(path, 'is not hexadecimal text');
const name: Read<string> = (value, path) => {
  const n = text(value, path);
  return n.length >= 1 && n.length <= 128 ? n : wrong(path, 'is not a name of 1 to 128 characters');
};
const position = { file: whole(0, IMAGE_LIMITS.files), line: whole(), column: whole() };
const slot = whole(0, IMAGE_LIMITS.slots);

const readRelocation: Read<Relocation> = union({
  'map': object({ kind: oneOf('map'), slot, map: whole() }),
  'map-value': object({ kind: oneOf('map-value'), slot, map: whole(), offset: whole() }),
  'constant': object({ kind: oneOf('constant'), slot, name: oneOf('element', 'hz') }),
  'exit': object({ kind: oneOf('exit'), slot, exit: oneOf('to', 'flood', 'reply', 'next', 'drop', 'punt') }),
  'call': object({ kind: oneOf('call'), slot, call: oneOf('mirror', 'family', 'finish') }),
});

const readProgram: Read<Program> = object({
  name,
  hook: oneOf('tc', 'xdp'),
  code: bytes,
  relocations: list(readRelocation, IMAGE_LIMITS.slots),
  lines: list(object({ slot, ...position, text }), IMAGE_LIMITS.slots),
  functions: list(object({ slot, name }), IMAGE_LIMITS.slots),
  stackBytes: whole(0, 512),
}, { reads: object({ bytes: whole(1, 0xffff), payload: flag }) });

const mapFields = {
  name,
  exported: flag,
  kind: oneOf('hash', 'lru', 'expiring', 'lpm', 'array', 'percpu-array', 'percpu-hash', 'ring', 'config', 'shape', 'hash-of-maps', 'array-of-maps', 'stages'),
  scope: oneOf('image', 'element'),
  capacity: whole(1),
  keyBytes: whole(0, 512),
  valueBytes: whole(0, IMAGE_LIMITS.valueBytes),
  key: readLayout,
  keyOffset: whole(),
  value: readLayout,
  valueOffset: whole(),
} as const;
const readMap: Read<MapDecl> = object(mapFields, { initial: bytes, inner: object(mapFields) });

const readShape = object({
  format: oneOf(1),
  name,
  target: (value: unknown, path: string) => /^\d+\.\d+$/.test(text(value, path)) ? text(value, path) : wrong(path, 'is not a kernel version such as 6.1'),
  kind: oneOf('module', 'filter', 'xdp'),
  files: list(text, IMAGE_LIMITS.files),
  programs: list(readProgram, IMAGE_LIMITS.programs),
  maps: list(readMap, IMAGE_LIMITS.maps),
  ports: list(text, IMAGE_LIMITS.ports),
  sites: list(object({ kind: oneOf('drop', 'punt'), reason: text, ...position }), IMAGE_LIMITS.sites),
}, {
  placement: oneOf('endpoint', 'origin', 'gateway'),
  walked: (value: unknown, path: string): true => value === true || wrong(path, 'is not true'),
  stages: list(readProgram, IMAGE_LIMITS.stages),
  logs: object({ ring: whole(), credit: whole(), unsaid: whole(), lines: list(object({ ...position, texts: list(text, IMAGE_LIMITS.fields), record: readRecord }), IMAGE_LIMITS.sites) }),
});

function readImage(value: unknown, path: string): Image {
  const image = readShape(value, path);
  for (const [i, program] of image.programs.entries()) references(image, program, `programs[${i}]`);
  for (const [i, stage] of (image.stages ?? []).entries()) references(image, stage, `stages[${i}]`);
  const tables = image.maps.filter(map => map.kind === 'stages');
  if (tables.length > 1 || (tables[0]?.capacity ?? 0) !== (image.stages?.length ?? 0)) wrong('stages', 'are not as many as their table has slots');
  for (const [i, map] of image.maps.entries()) sizes(map, `maps[${i}]`);
  for (const [i, site] of image.sites.entries()) if (site.file >= image.files.length) wrong(`sites[${i}].file`, 'is not a file of the image');
  if (image.logs) logs(image, image.logs);
  return image;
}

function logs(image: Image, { ring, credit, unsaid, lines }: Logs): void {
  if (image.maps[ring]?.kind !== 'ring') wrong('logs.ring', 'is not a ring of the image');
  const given = image.maps[credit];
  if (given?.kind !== 'array' || given.capacity !== 1 || given.valueBytes !== CREDIT_BYTES * lines.length) wrong('logs.credit', 'is not an array of the image with a word for each line');
  const counts = image.maps[unsaid];
  if (counts?.kind !== 'percpu-array' || counts.capacity !== lines.length || counts.valueBytes !== 8) wrong('logs.unsaid', 'is not a per-CPU array of the image with a count for each line');
  lines.forEach((line, i) => {
    if (line.file >= image.files.length) wrong(`logs.lines[${i}].file`, 'is not a file of the image');
    if (line.record.fields.length !== line.texts.length || line.record.fields[0]?.offset !== 0 || sizeOf(line.record.fields[0].layout) !== CREDIT_BYTES) wrong(`logs.lines[${i}].record`, 'is not a number and a value between any two texts');
  });
}

/** What refers to something refers to something that is there. */
function references(image: Image, program: Program, path: string): void {
  const slots = program.code.length / 8;
  if (!Number.isInteger(slots) || slots < 1 || slots > IMAGE_LIMITS.slots) wrong(`${path}.code`, `is not 1 to ${IMAGE_LIMITS.slots} slots of 8 bytes`);
  program.relocations.forEach((r, i) => {
    const at = `${path}.relocations[${i}]`;
    if (r.slot + (r.kind === 'map' || r.kind === 'map-value' ? 2 : 1) > slots) wrong(`${at}.slot`, 'is behind the code');
    if (r.kind !== 'map' && r.kind !== 'map-value') return;
    const map = image.maps[r.map] ?? wrong(`${at}.map`, 'is not a map of the image');
    if (r.kind === 'map-value' && r.offset >= map.valueBytes * map.capacity) wrong(`${at}.offset`, `is behind the values of ${map.name}`);
  });
  program.lines.forEach((line, i) => {
    if (line.file >= image.files.length) wrong(`${path}.lines[${i}].file`, 'is not a file of the image');
    if (line.slot >= slots || line.slot <= (program.lines[i - 1]?.slot ?? -1)) wrong(`${path}.lines[${i}].slot`, 'is not behind the one before, inside the code');
  });
  program.functions.forEach((f, i) => {
    if (f.slot >= slots || f.slot <= (program.functions[i - 1]?.slot ?? 0)) wrong(`${path}.functions[${i}].slot`, 'is not behind the one before, inside the code');
  });
}

const INNER: ReadonlySet<MapDecl['kind']> = new Set(['array', 'hash', 'lru']);

function sizes(map: MapDecl, path: string): void {
  const hidden = hiddenParts(map);
  if (map.kind !== 'ring' && (map.keyOffset < hidden.keyBytes || map.keyOffset + sizeOf(map.key) > map.keyBytes)) wrong(`${path}.keyBytes`, 'does not hold the key and its hidden parts');
  if (map.kind !== 'ring' && (map.valueOffset < hidden.valueBytes || map.valueOffset + sizeOf(map.value) > map.valueBytes)) wrong(`${path}.valueBytes`, 'does not hold the value and its hidden parts');
  const isOuter = map.kind === 'hash-of-maps' || map.kind === 'array-of-maps';
  if (isOuter !== (map.inner !== undefined)) wrong(`${path}.inner`, isOuter ? 'is not said: what its maps are' : 'is of maps of maps only');
  if (isOuter && map.valueBytes !== 4) wrong(`${path}.valueBytes`, 'is not 4: the name of a map');
  if (map.inner) {
    if (!INNER.has(map.inner.kind) || map.inner.scope !== 'element') wrong(`${path}.inner.kind`, 'is not a map that can be in another');
    sizes(map.inner, `${path}.inner`);
  }
  if (map.initial && map.initial.length !== sizeOf(map.value)) wrong(`${path}.initial`, `is not ${sizeOf(map.value)} bytes`);
}

function readRecord(value: unknown, path: string): Layout & { kind: 'struct' } {
  const record = readLayout(value, path);
  return record.kind === 'struct' ? record : wrong(`${path}.kind`, 'is not struct');
}

function readLayout(value: unknown, path: string): Layout {
  return layout(value, path, IMAGE_LIMITS.layoutDepth);
}

function layout(value: unknown, path: string, depth: number): Layout {
  if (depth === 0) return wrong(path, 'is nested too deep');
  const inner: Read<Layout> = (v, p) => layout(v, p, depth - 1);
  const length = whole(0, IMAGE_LIMITS.valueBytes);
  const read: Read<Layout> = union({
    int: object({ kind: oneOf('int'), bits: oneOf(8, 16, 32, 64, 128), signed: flag, order: oneOf('little', 'big') }, { text: oneOf('ip4', 'ip6') }),
    bool: object({ kind: oneOf('bool') }),
    mac: object({ kind: oneOf('mac') }),
    bytes: object({ kind: oneOf('bytes'), length }),
    array: object({ kind: oneOf('array'), element: inner, length }),
    struct: object({
      kind: oneOf('struct'), name: text, bytes: length, align: oneOf(1, 2, 4, 8),
      fields: list<Field>(object({ name, offset: length, layout: inner }), IMAGE_LIMITS.fields),
    }),
  });
  const out = read(value, path);
  if (sizeOf(out) > IMAGE_LIMITS.valueBytes) return wrong(path, `has ${sizeOf(out)} bytes, at most ${IMAGE_LIMITS.valueBytes}`);
  if (out.kind === 'int' && out.text !== undefined && out.bits !== (out.text === 'ip4' ? 32 : 128)) return wrong(`${path}.text`, `is not for ${out.bits} bits`);
  if (out.kind === 'struct') structSizes(out, path);
  return out;
}

function structSizes(out: Layout & { kind: 'struct' }, path: string): void {
  let end = 0;
  out.fields.forEach((field, i) => {
    if (field.offset < end || field.offset % alignOf(field.layout) !== 0) wrong(`${path}.fields[${i}].offset`, 'overlaps the field before or is not aligned');
    end = field.offset + sizeOf(field.layout);
  });
  if (end > out.bytes || out.bytes % out.align !== 0) wrong(`${path}.bytes`, 'does not hold the fields, aligned');
}
