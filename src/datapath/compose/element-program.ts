// The programs of one element, by role: what the image has of them, and the joints that their exits need.

import type { Image, Program } from '../../image/image.ts';
import { DatapathError, type Wire } from '../datapath.ts';
import { drop } from '../joints/drop.ts';
import { encapsulate } from '../joints/encapsulate.ts';
import { encapsulateSix } from '../joints/encapsulate-six.ts';
import { flood, flooding } from '../joints/flood.ts';
import { instantiate, siteConstants, type Joint } from '../joints/joint.ts';
import { mirror } from '../joints/mirror.ts';
import { deliver, pass } from '../joints/pass.ts';
import { prologue } from '../joints/prologue.ts';
import { punt } from '../joints/punt.ts';
import { REPAIRS } from '../joints/repairs.ts';
import { NEAR_ELEMENTS, reply, to } from '../joints/to.ts';
import { answerTooBig, large } from '../joints/too-big.ts';
import { tunnelDevice, tunnelKey } from '../joints/tunnel.ts';
import { link, type Linked, type LinkResult } from '../link/link.ts';
import { modulePiece, type MapHandle, type Piece } from '../link/piece.ts';
import { mapOf, ownMap } from './element-maps.ts';
import type { ElementRecord, Role } from './element-record.ts';
import type { PinnedMap } from './engine.ts';
import { ELEMENT_SITES, type Server } from './server.ts';

/** Of a program that is not there. */
const NO_SLOT = -1;
/** In images of filters, by role. */
const WAY = { entry: 'egress', ingress: 'ingress' } as const;

/** Roles that an element of this image has programs for. */
export function rolesOf(image: Image, isFiltered: boolean): Role[] {
  if (image.kind === 'filter') return ['entry', 'ingress'];
  return ['entry', ...floods(image) ? ['flood' as const] : [], ...isFiltered || punts(image) ? ['deliver' as const] : [], 'too-big'];
}

export function linkProgram(server: Server, record: ElementRecord, image: Image, role: Role): Linked {
  const joints = image.kind === 'filter' ? filterJoints(server, record, image, role) : moduleJoints(server, record, image, role);
  const own = joints.get(role);
  if (own) return linked(image, link({ body: own, joints }));
  const program = programOf(image, role);
  // A filter that has nothing to do on one way lets all pass there.
  if (!program) return linked(image, link({ body: joints.get('next') as Piece, joints }));
  const counting = image.kind === 'module' ? { prologue: joints.get('prologue') as Piece } : {};
  return linked(image, link({ ...counting, body: bodyOf(server, record, image, program, role), joints }));
}

/** A stage leaves by the joints of the program that leads to it. What entered was counted. */
export function linkStage(server: Server, record: ElementRecord, image: Image, role: Role, stage: Program): Linked {
  const joints = image.kind === 'filter' ? filterJoints(server, record, image, role) : moduleJoints(server, record, image, role);
  return linked(image, link({ body: bodyOf(server, record, image, stage, role), joints }));
}

/** Whether the program of this role is the module's, and so leads to its stages. */
export function hasStages(image: Image, role: Role): boolean {
  return image.stages !== undefined && (role === 'entry' || role === 'ingress') && programOf(image, role) !== undefined;
}

/** Whether the element is one that this version carries. @throws DatapathError */
export function checkImage(image: Image): void {
  if (image.kind !== 'xdp' && (image.kind === 'filter' || programOf(image, 'entry'))) return;
  throw new DatapathError(`module ${image.name} is a ${image.kind}: this version carries modules and filters only`, { cure: 'use a module whose default export is module(…) or filter(…)' });
}

/** Whether the module ever floods. */
function floods(image: Image): boolean {
  return [...image.programs, ...image.stages ?? []].some(p => p.relocations.some(r => r.kind === 'exit' && r.exit === 'flood'));
}

/** Whether the module ever punts. */
export function punts({ sites }: Image): boolean {
  return sites.some(s => s.kind === 'punt');
}

function programOf(image: Image, role: Role): Program | undefined {
  const name = image.kind === 'filter' ? WAY[role as keyof typeof WAY] : 'main';
  return image.programs.find(p => p.name === name && p.hook === 'tc');
}

function bodyOf(server: Server, record: ElementRecord, image: Image, program: Program, role: Role): Piece {
  return modulePiece(program, image.files, {
    map(index) {
      const decl = image.maps[index];
      if (!decl) throw new DatapathError(`image ${image.name} refers to a map that it does not declare`, { cure: 'compile the module again' });
      if (decl.kind === 'stages') return stagesOf(server, record, role);
      return handleOf(mapOf(server, record, image, decl), record, decl.name);
    },
    constant: name => (name === 'element' ? record.id : server.engine.hz),
  });
}

function moduleJoints(server: Server, record: ElementRecord, image: Image, role: Role): ReadonlyMap<string, Piece> {
  const { slots } = server;
  const own = (name: string): MapHandle => ownHandle(server, record, name);
  // What came through the filters is delivered; else it goes to them.
  const filter = record.filter === undefined || role === 'deliver' ? NO_SLOT : slots.of(record.filter, 'ingress');
  // An answer is not answered; nor is what came through filters, which lose the port of entry.
  const answering = role === 'too-big' || role === 'deliver' ? NO_SLOT : slots.of(record.uid, 'too-big');
  const around = {
    maps: {
      errors: server.errors.handle, wires: own('wires'), counts: own('counts'), sites: own('sites'), floods: own('floods'),
      programs: server.programs.handle, cursor: server.cursor.handle, loop: server.loop.handle, ...puntMaps(server, record, image),
    },
    constants: { element: record.id, 'flood-slot': slots.of(record.uid, 'flood'), 'filter-slot': filter, 'too-big-slot': answering, ...nearConstants(server, record.wires), ...siteConstants(ELEMENT_SITES, image.sites.length) },
  };
  const made = (joint: Joint): Piece => instantiate(joint, around);
  const all: [string, Piece][] = [...REPAIRS, ['prologue', made(prologue)], ['to', made(to)], ['reply', made(reply)], ['mirror', made(mirror)], ['drop', made(drop)]];
  if (punts(image)) all.push(['punt', made(punt)]);
  all.push(['tunnel', made(encapsulate)], ['tunnel-six', made(encapsulateSix)], ['tunnel-device', made(tunnelDevice)], ['tunnel-key', made(tunnelKey)]);
  all.push(['flood', made(role === 'flood' ? flooding : flood)]);
  all.push(['large', made(large)]);
  if (role === 'too-big') all.push(['too-big', made(answerTooBig)]);
  if (role === 'deliver') all.push(['deliver', made(deliver)]);
  return new Map(all);
}

const NOBODY = -1;

/** Slots that `to` calls by a constant: of the first elements that wires lead to. */
export function nearSlots({ slots }: Server, wires: readonly Wire[]): readonly number[] {
  return [...new Set(wires.flatMap(w => (w.to === 'element' ? [slots.of(w.element)] : [])))].slice(0, NEAR_ELEMENTS);
}

function nearConstants(server: Server, wires: readonly Wire[]): Record<string, number> {
  const near = nearSlots(server, wires);
  return Object.fromEntries(Array.from({ length: NEAR_ELEMENTS }, (_, i) => [`near${i}`, near[i] ?? NOBODY]));
}

/** On each way, `next` goes on and `reply` goes back. */
function filterJoints(server: Server, record: ElementRecord, image: Image, role: Role): ReadonlyMap<string, Piece> {
  const { slots } = server;
  const { element, inner, outer } = record.around as NonNullable<ElementRecord['around']>;
  const inwards = slots.of(inner);
  const outwards = outer === undefined ? slots.of(element, 'deliver') : slots.of(outer, 'ingress');
  const [next, back] = role === 'entry' ? [inwards, outwards] : [outwards, inwards];
  const maps = { sites: ownHandle(server, record, 'sites'), programs: server.programs.handle, ...puntMaps(server, record, image) };
  const made = (joint: Joint, slot = next): Piece => instantiate(joint, { maps, constants: { element: record.id, 'pass-slot': slot, ...siteConstants(ELEMENT_SITES, image.sites.length) } });
  const all: [string, Piece][] = [...REPAIRS, ['next', made(pass)], ['reply', made(pass, back)], ['drop', made(drop)]];
  if (punts(image)) all.push(['punt', made(punt)]);
  return new Map(all);
}

function puntMaps(server: Server, record: ElementRecord, image: Image): Record<string, MapHandle> {
  return punts(image) ? { tap: server.tap.handle, punts: ownHandle(server, record, 'punts') } : {};
}

function ownHandle(server: Server, record: ElementRecord, name: string): MapHandle {
  return handleOf(ownMap(server, record, name), record, name);
}

function handleOf(map: PinnedMap | undefined, { uid }: ElementRecord, name: string): MapHandle {
  if (!map) throw new Error(`element ${uid} has no map ${name}`);
  return map.handle;
}

function stagesOf(server: Server, record: ElementRecord, role: Role): MapHandle {
  const table = server.existing(record.programs[role]?.stages?.table ?? '');
  if (!table) throw new Error(`element ${record.uid} has no table of stages for ${role}`);
  return table.handle;
}

function linked(image: Image, result: LinkResult): Linked {
  if (!result.ok) throw new DatapathError(`image ${image.name} cannot be linked: ${result.problem}`, { cure: 'compile the module again' });
  return { ...result.linked, ...(image.walked && { walked: true }) };
}
