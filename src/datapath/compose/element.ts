// Elements: a module's program linked with the joints of one element, its own maps, its entries in shared maps, its wires.
//
// The order of a change: new maps and program beside the old, add, switch the slot, remove. Every packet sees one program, and
// no packet is lost. A crash between any two steps leaves what stood before, or what shall stand; putting it again completes it.

import type { Image, MapDecl, Program } from '../../image/image.ts';
import { isZero } from '../../image/bytes.ts';
import { hashOf } from '../../model/canonical.ts';
import { hex } from '../../image/hex.ts';
import { layoutHash } from '../../image/image-hash.ts';
import { creditBytes, isOfLogs } from '../../image/logs.ts';
import { lossesOf } from '../../image/migrate.ts';
import { DatapathError, type ElementSpec, type StateLoss } from '../datapath.ts';
import { PUNT_STATE_BYTES } from '../joints/punt.ts';
import { u32Bytes } from '../../image/live-map.ts';
import { specHash } from '../spec-hash.ts';
import { encodeContents, type Encoded } from './contents.ts';
import { announce } from './announce.ts';
import { claimsOf, putDoors, removeIdleDoors, type Claim } from './door.ts';
import { mapOf, ownMap } from './element-maps.ts';
import { bytesOf, deleteElementRecord, elementRecord, elementRecords, type ElementRecord, type InnerHashes, mapPinsOf, type OwnMap, type Prior, priorPinsOf, type OwnProgram, type OwnStages, programPinsOf, programsOf, putElementRecord, type Role, standingHash } from './element-record.ts';
import { checkImage, hasStages, linkProgram, linkStage, nearSlots, punts, rolesOf } from './element-program.ts';
import { checkWires, refreshWires, roomFor } from './element-wires.ts';
import { checkUid, needLoop } from './endpoint.ts';
import type { MapShape, PinnedMap } from './engine.ts';
import { ownsKey, pinOf, pinText, shapeOf, sharedMaps } from './image-maps.ts';
import { LOGGED_A_SECOND } from './logs.ts';
import { Transfers } from './migrate.ts';
import { ELEMENT_SITES, JOINTS_HASH, type NamedSite, ownName, type Server } from './server.ts';
import { COUNT_BYTES, FLOODS_BYTES, peerKey, peerValue, WIRE_BYTES } from './wires.ts';
import { addEntries, type PinOf, removeEntries, underWay, type Wanted, wantedOf, writtenNow } from './written.ts';

export function putElement(server: Server, spec: ElementSpec): void {
  checkUid(spec.uid);
  checkWires(spec.uid, spec.wires);
  const { records } = server.engine;
  const image = server.image(spec.imageHash);
  checkImage(image);
  checkPlace(spec, image);
  const hash = specHash(spec);
  const before = elementRecord(records, spec.uid);
  if (before && standingHash(server, before) === hash) return;
  checkUnique(server, spec);
  const contents = encodeContents(image, spec.id, spec.contents);

  const claims = claimsOf(server, spec);
  checkClaims(server, spec, claims);
  const isCompleted = before !== undefined && before.imageHash === spec.imageHash && isLive(server, before);
  const wanted = wantedOf(contents);
  const planned = plan(server, spec, image, { contents, wanted }, before, claims);
  const tables = (decl: MapDecl): PinnedMap => tableOf(server, image, planned, decl);
  putElementRecord(records, planned);
  fill(server, planned, image, contents, before);
  putDoors(server, planned.wires);
  refreshWires(server, planned, before && before.specHash !== '' && before.maps['wires'] === planned.maps['wires'] && before.maps['floods'] === planned.maps['floods'] ? before : undefined);
  const transfers = new Transfers(server, planned, image);
  transfers.first(isCompleted ? 'live' : 'idle');
  addEntries(server, wanted, planned.written, tables);
  writeInner(server, image, contents, planned);
  putPeers(server, planned, spec);
  if (image.kind === 'filter') needLoop(server);
  // What leads into the element comes last.
  for (const role of rolesOf(image, spec.filter !== undefined).reverse()) {
    const program = planned.programs[role] as OwnProgram;
    putStages(server, planned, image, role);
    if (program.hash === before?.programs[role]?.hash && server.engine.slotHolds(server.programs, program.slot, program.pin)) continue;
    server.engine.loadProgram(program.pin, linkProgram(server, planned, image, role));
    server.engine.setSlot(server.programs, program.slot, program.pin);
    server.changes += 2;
  }
  transfers.second();
  for (const { key, value } of claims) server.overwrite(server.claims, key, value);
  removeEntries(server, wanted, planned.written, tables);
  removePeers(server, planned, spec);
  const claimed = claims.map(c => hex(c.key));
  for (const key of planned.claims ?? []) if (!claimed.includes(key)) server.erase(server.claims, bytesOf(key));
  removeOld(server, before, planned);
  const { prior: _over, ...settled } = planned;
  putElementRecord(records, { ...settled, specHash: hash, written: writtenNow(wanted, pinIn(image, planned.maps)), inner: innerHashes(contents), peers: peersOf(spec).map(p => hex(p.key)), claims: claimed });
  announce(server, before?.wires ?? [], planned.wires);
  removeIdleDoors(server);
}

export function losses(server: Server, spec: ElementSpec): StateLoss[] {
  const before = elementRecord(server.engine.records, spec.uid);
  return before && before.imageHash !== spec.imageHash ? lossesOf(server.image(spec.imageHash), server.image(before.imageHash)).map(loss => ({ element: spec.uid, ...loss })) : [];
}

export function removeElement(server: Server, uid: string): void {
  const record = elementRecord(server.engine.records, uid);
  if (!record) return;
  putElementRecord(server.engine.records, { ...record, specHash: '' });
  for (const { slot } of programsOf(record)) server.engine.clearSlot(server.programs, slot);
  server.changes++;
  for (const key of record.claims ?? []) server.erase(server.claims, bytesOf(key));
  for (const key of record.peers) server.erase(server.peers, bytesOf(key));
  for (const form of [record, ...record.prior ?? []]) eraseShared(server, form, new Set());
  for (const pin of priorPinsOf(record)) server.dropMap(pin);
  for (const pin of programPinsOf(record)) server.engine.removeProgram(pin);
  for (const pin of mapPinsOf(record)) server.dropMap(pin);
  deleteElementRecord(server.engine.records, uid);
  removeIdleDoors(server);
}

/** What shall stand, as a record: which maps are kept, which are new. It names old and new keys alike, so that a crash forgets none. */
function plan(server: Server, spec: ElementSpec, image: Image, { contents, wanted }: { readonly contents: Encoded; readonly wanted: Wanted }, before: ElementRecord | undefined, claims: readonly Claim[]): ElementRecord {
  const room = roomFor(spec.wires, before?.room);
  const sites = sitesOf(image);
  let next = before?.next ?? 1;
  const maps: Record<string, OwnMap> = {};
  for (const [name, { shape, identity }] of ownShapes(image, contents, room, sites)) {
    const layout = hashOf([shape, identity === sites ? hashOfSites(sites) : identity]).slice(0, 16);
    const old = before?.id === spec.id ? before.maps[name] : undefined;
    maps[name] = old?.layout === layout ? old : { pin: `e_${spec.uid}_${next++}_${pinText(name)}`, layout };
  }
  const programs: Partial<Record<Role, OwnProgram>> = {};
  for (const role of rolesOf(image, spec.filter !== undefined)) {
    const slot = server.slots.of(spec.uid, role);
    // Programs of our joints alone do not change with the image.
    const own = role === 'flood' || role === 'deliver' || role === 'too-big' ? [image.sites.length, ['wires', 'counts', 'sites', 'floods'].map(name => maps[name])] : [spec.imageHash, spec.id, maps];
    const hash = hashOf([own, slot, room, neighborsOf(server, spec), JOINTS_HASH]);
    const old = before?.programs[role];
    const pin = (): string => `e_${spec.uid}_${next++}`;
    const stages = (): OwnStages => ({ table: `${pin()}_stages`, programs: (image.stages ?? []).map(pin) });
    programs[role] = old?.hash === hash ? old : { pin: pin(), slot, hash, ...hasStages(image, role) && { stages: stages() } };
  }
  return {
    uid: spec.uid, id: spec.id, imageHash: spec.imageHash, specHash: '', jointsHash: JOINTS_HASH, programs, next, maps, room, sites, wires: spec.wires,
    ...spec.filter !== undefined && { filter: spec.filter }, ...spec.around && { around: spec.around },
    written: underWay(server, before?.written ?? {}, wanted, pinIn(image, maps)), ...before && { prior: priorsOf(server, before, spec) }, inner: standingInner(contents, before), peers: [...new Set([...(before?.peers ?? []), ...peersOf(spec).map(p => hex(p.key))])],
    claims: [...new Set([...(before?.claims ?? []), ...claims.map(c => hex(c.key))])],
  };
}

const SITES = new WeakMap<Image, readonly NamedSite[]>();
function sitesOf(image: Image): readonly NamedSite[] {
  const sites = SITES.get(image) ?? [
    ...image.sites.map(s => ({ module: image.name, file: image.files[s.file] ?? '', line: s.line, reason: s.reason, ...s.kind === 'punt' && { punts: true as const } })),
    ...ELEMENT_SITES.map(s => ({ module: 'datapath', ...s })),
  ];
  SITES.set(image, sites);
  return sites;
}

/** There are a hundred of an image, and every change of an element asks. */
const SITES_HASHES = new WeakMap<readonly NamedSite[], string>();
function hashOfSites(sites: readonly NamedSite[]): string {
  const hash = SITES_HASHES.get(sites) ?? hashOf(sites);
  SITES_HASHES.set(sites, hash);
  return hash;
}

/** Those whose maps may hold what is to go over: of the same image and id, only what a crash left. */
function priorsOf(server: Server, before: ElementRecord, spec: ElementSpec): readonly Prior[] {
  const { id, imageHash, maps, written, prior = [] } = before;
  if (imageHash === spec.imageHash && id === spec.id) return prior;
  return [{ id, imageHash, maps, written, ...prior.length > 0 && !isLive(server, before) && { stale: true } }, ...prior];
}

/** Whether packets meet its state: by programs that have the module in them, which are switched last. */
function isLive(server: Server, { programs: { entry, ingress } }: ElementRecord): boolean {
  return [entry, ingress].filter(p => p !== undefined).some(({ slot, pin }) => server.engine.slotHolds(server.programs, slot, pin));
}

/** Maps of the element's own. `identity`: what besides the shape makes it another map. */
function* ownShapes(image: Image, contents: Encoded, room: number, sites: readonly NamedSite[]): Generator<readonly [string, { shape: MapShape; identity: unknown }]> {
  const array = (kind: 'array' | 'percpu-array', valueBytes: number, capacity: number): MapShape => ({ kind, keyBytes: 4, valueBytes, capacity });
  yield ['sites', { shape: array('percpu-array', 8, sites.length), identity: sites }];
  if (punts(image)) yield ['punts', { shape: array('array', PUNT_STATE_BYTES, image.sites.length), identity: sites }];
  if (image.kind === 'module') {
    yield ['wires', { shape: array('array', WIRE_BYTES, room), identity: '' }];
    yield ['counts', { shape: array('percpu-array', COUNT_BYTES, room), identity: '' }];
    yield ['floods', { shape: array('array', FLOODS_BYTES, 1), identity: '' }];
  }
  for (const decl of image.maps) {
    if (decl.scope !== 'element' || decl.kind === 'stages') continue;
    const frozen = contents.tables.find(t => t.decl === decl && decl.kind === 'shape')?.entries.map(([, value]) => hex(value));
    if (isHashed(decl)) yield [ownName(decl), { shape: shapeOf(decl), identity: layoutHash(decl) }];
    else yield [ownName(decl), { shape: shapeOf(decl), identity: [decl.value, frozen ?? '', ...decl.inner ? [decl.inner.key, decl.inner.value] : [], ...isOfLogs(image, decl) ? [image.logs?.lines] : []] }];
  }
}

/** A table of its own for each program: until that is switched, packets find the old stages through the old one. */
function putStages(server: Server, planned: ElementRecord, image: Image, role: Role): void {
  const stages = planned.programs[role]?.stages;
  if (!stages) return;
  const table = server.map(stages.table, { kind: 'stages', keyBytes: 4, valueBytes: 4, capacity: stages.programs.length });
  for (const [slot, program] of stages.programs.entries()) {
    if (server.engine.slotHolds(table, slot, program)) continue;
    server.engine.loadProgram(program, linkStage(server, planned, image, role, image.stages?.[slot] as Program));
    server.engine.setSlot(table, slot, program);
    server.changes += 2;
  }
}

/** Makes the maps that are new; a shape is written once and frozen. */
function fill(server: Server, planned: ElementRecord, image: Image, contents: Encoded, before: ElementRecord | undefined): void {
  for (const [name, { shape }] of ownShapes(image, contents, planned.room, planned.sites)) {
    const { pin } = planned.maps[name] as OwnMap;
    if (server.existing(pin)) continue;
    const map = server.map(pin, shape);
    if (shape.kind === 'shape') {
      for (const [key, value] of contents.tables.find(t => ownName(t.decl) === name)?.entries ?? []) server.write(map, key, value);
      server.engine.freezeMap(map);
    }
    const { logs } = image;
    if (logs && name === ownName(image.maps[logs.credit]!)) server.write(map, u32Bytes(0), creditBytes(logs, LOGGED_A_SECOND));
    if (name === 'counts') carryCounts(server, map, before);
    if (name === 'sites' || name === 'punts') carrySites(server, map, name, planned, before);
  }
}

/** More room for ports must not set the counters of the old ones back. */
function carryCounts(server: Server, to: ReturnType<Server['map']>, before: ElementRecord | undefined): void {
  const from = ownMap(server, before, 'counts');
  if (!from) return;
  for (const [key, value] of from.live.entries()) if (!isZero(value)) to.live.update(key, value);
}

/** Another image has its sites in other lines; which of several of one reason is which, their order says. */
function carrySites(server: Server, to: PinnedMap, map: 'sites' | 'punts', { sites }: ElementRecord, before: ElementRecord | undefined): void {
  const from = ownMap(server, before, map);
  if (!before || !from) return;
  const names = (list: readonly NamedSite[]): string[] => list.map(({ module, file, reason }, i) => `${module} ${file} ${reason} ${list.slice(0, i).filter(s => s.module === module && s.file === file && s.reason === reason).length}`);
  const now = new Map(names(sites).map((name, index) => [name, index]));
  for (const [index, name] of names(before.sites).entries()) {
    const value = from.live.lookup(u32Bytes(index)), at = now.get(name);
    if (at !== undefined && value && !isZero(value)) to.live.update(u32Bytes(at), value);
  }
}

/** Not found by an index: what its keys are makes it another map. */
function isHashed({ kind }: MapDecl): boolean {
  return kind === 'hash' || kind === 'percpu-hash' || kind === 'lru' || kind === 'expiring';
}

function pinIn(image: Image, maps: ElementRecord['maps']): PinOf {
  return decl => decl.scope === 'element' ? (maps[ownName(decl)] as OwnMap).pin : pinOf(image, decl);
}

function tableOf(server: Server, image: Image, planned: ElementRecord, decl: MapDecl): PinnedMap {
  const map = mapOf(server, planned, image, decl);
  if (!map) throw new Error(`element ${planned.uid} has no map ${decl.name}`);
  return map;
}

/** What differs of maps of maps: a new map in the place of the old. What packets wrote into the others stays. */
function writeInner(server: Server, image: Image, contents: Encoded, planned: ElementRecord): void {
  for (const { decl, inner } of contents.tables) {
    if (!decl.inner) continue;
    const shape = shapeOf(decl.inner);
    const map = tableOf(server, image, planned, decl);
    const stands = (key: Uint8Array): boolean => planned.inner?.[decl.name]?.[hex(key)] !== undefined && map.live.lookup(key) !== undefined;
    server.replaceInner(map, inner.filter(([key]) => !stands(key)), shape);
  }
}

function innerHashes(contents: Encoded): InnerHashes {
  return Object.fromEntries(contents.tables.filter(t => t.decl.inner).map(({ decl, inner }) =>
    [decl.name, Object.fromEntries(inner.map(([key, entries]) => [hex(key), hashOf(entries.map(([k, v]) => [hex(k), hex(v)]))]))]));
}

/** Those that the change leaves as they are: of the others a crash would leave the one or the other. */
function standingInner(contents: Encoded, before: ElementRecord | undefined): InnerHashes {
  return Object.fromEntries(Object.entries(innerHashes(contents)).map(([name, keys]) =>
    [name, Object.fromEntries(Object.entries(keys).filter(([key, hash]) => before?.inner?.[name]?.[key] === hash))]));
}

function peersOf(spec: ElementSpec): { key: Uint8Array; port: number; domain: number }[] {
  return spec.wires.flatMap(w => (w.to === 'tunnel' ? [{ key: peerKey(w.vni, w.remote), port: w.port, domain: w.domain ?? 0 }] : []));
}

function putPeers(server: Server, planned: ElementRecord, spec: ElementSpec): void {
  for (const { key, port, domain } of peersOf(spec)) server.write(server.peers, key, peerValue(server.slots.of(planned.uid), port, domain));
}

function removePeers(server: Server, planned: ElementRecord, spec: ElementSpec): void {
  const now = new Set(peersOf(spec).map(p => hex(p.key)));
  for (const key of planned.peers) if (!now.has(key)) server.erase(server.peers, bytesOf(key));
}

/** What the old forms had and the new one has not. Entries in maps that another image does not share go as well. */
function removeOld(server: Server, before: ElementRecord | undefined, planned: ElementRecord): void {
  if (!before) return;
  const slots = new Set(programsOf(planned).map(p => p.slot));
  for (const { slot } of programsOf(before)) if (!slots.has(slot)) server.engine.clearSlot(server.programs, slot);
  const kept = new Set([...programPinsOf(planned), ...mapPinsOf(planned)]);
  for (const pin of programPinsOf(before)) if (!kept.has(pin)) server.engine.removeProgram(pin);
  for (const pin of new Set([...mapPinsOf(before), ...priorPinsOf(planned)])) if (!kept.has(pin)) server.dropMap(pin);
  const shared = new Set(sharedMaps(server, server.image(planned.imageHash)).map(s => s.map.handle));
  for (const form of planned.prior ?? []) eraseShared(server, form, form.id === planned.id ? shared : new Set());
}

/** The entries of a form of an element in maps that elements share. */
function eraseShared(server: Server, { imageHash, id }: Pick<ElementRecord, 'imageHash' | 'id'>, except: ReadonlySet<number>): void {
  for (const { map, decl } of sharedMaps(server, server.image(imageHash))) {
    if (except.has(map.handle)) continue;
    server.eraseMany(map, [...map.live.entries()].flatMap(([key]) => ownsKey(decl, key, id) ? [key] : []));
  }
}

/** Slots that its programs lead to by a constant. */
function neighborsOf(server: Server, { filter, around, wires }: ElementSpec): readonly (readonly number[])[] {
  const { slots } = server;
  if (around) return [[slots.of(around.inner), around.outer === undefined ? slots.of(around.element, 'deliver') : slots.of(around.outer, 'ingress')]];
  return [filter === undefined ? [] : [slots.of(filter, 'ingress')], nearSlots(server, wires)];
}

function checkPlace({ uid, around, filter, wires }: ElementSpec, image: Image): void {
  const isFilter = image.kind === 'filter';
  if (isFilter === (around !== undefined) && (!isFilter || (filter === undefined && wires.length === 0))) return;
  throw new DatapathError(`element ${uid}: module ${image.name} is a ${image.kind}, and its place is ${around ? 'around another element' : 'that of an element with ports'}`, {
    cure: isFilter ? 'a filter stands around an element and has no wires' : 'only a filter stands around an element',
  });
}

function checkUnique(server: Server, spec: ElementSpec): void {
  const mine = new Set(peersOf(spec).map(p => hex(p.key)));
  for (const other of elementRecords(server.engine.records)) {
    if (other.uid === spec.uid) continue;
    if (other.id === spec.id) throw new DatapathError(`elements ${other.uid} and ${spec.uid} have the same id ${spec.id}`, { cure: 'give each element of a server an id of its own' });
    if (other.peers.some(key => mine.has(key))) {
      throw new DatapathError(`elements ${other.uid} and ${spec.uid} claim the same tunnel`, { cure: 'give each network a VNI of its own' });
    }
  }
}

function checkClaims(server: Server, spec: ElementSpec, claims: readonly Claim[]): void {
  const mine = new Set(claims.map(c => hex(c.key)));
  for (const other of elementRecords(server.engine.records)) {
    if (other.uid === spec.uid || !other.claims?.some(key => mine.has(key))) continue;
    throw new DatapathError(`elements ${other.uid} and ${spec.uid} claim the same addresses of a device`, { cure: 'give each router addresses of its own at the Gateway' });
  }
}
