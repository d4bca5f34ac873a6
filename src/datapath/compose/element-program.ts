// The programs of one element. main: prologue, the module's code, and the joints that its exits need. flooding: see joints/flood.ts.

import type { Image } from '../../image/image.ts';
import { DatapathError } from '../datapath.ts';
import { drop } from '../joints/drop.ts';
import { flood, flooding } from '../joints/flood.ts';
import { instantiate, siteConstants, type Joint } from '../joints/joint.ts';
import { mirror } from '../joints/mirror.ts';
import { prologue } from '../joints/prologue.ts';
import { reply, to } from '../joints/to.ts';
import { link, type Linked, type LinkResult } from '../link/link.ts';
import { modulePiece, type MapHandle, type Piece } from '../link/piece.ts';
import { ownName } from './element.ts';
import { type ElementRecord, floodSlot, type OwnMap } from './element-record.ts';
import { imageMap } from './image-maps.ts';
import { ELEMENT_SITES, type Server } from './server.ts';

export function linkElement(server: Server, record: ElementRecord, image: Image): Linked {
  const program = image.programs.find(p => p.name === 'main' && p.hook === 'tc');
  if (image.kind !== 'module' || !program) {
    throw new DatapathError(`module ${image.name} is a ${image.kind}: this version carries modules only`, { cure: 'use a module whose default export is module(…)' });
  }
  const joints = jointsFor(server, record, image);
  const body = modulePiece(program, image.files, {
    map(index) {
      const decl = image.maps[index];
      if (!decl) throw new DatapathError(`image ${image.name} refers to a map that it does not declare`, { cure: 'compile the module again' });
      return decl.scope === 'element' ? ownMap(server, record, ownName(decl)) : imageMap(server, image, decl).handle;
    },
    constant: name => (name === 'element' ? record.id : server.engine.hz),
  });
  return linked(image, link({ prologue: joints.prologue, body, joints: joints.all }));
}

/** Whether the module ever floods. */
export function floods(image: Image): boolean {
  return image.programs.some(p => p.relocations.some(r => r.kind === 'exit' && r.exit === 'flood'));
}

export function linkFlooding(server: Server, record: ElementRecord, image: Image): Linked {
  const joints = jointsFor(server, record, image);
  return linked(image, link({ body: joints.flooding, joints: joints.all }));
}

function jointsFor(server: Server, record: ElementRecord, image: Image) {
  const own = (name: string): MapHandle => ownMap(server, record, name);
  const around = {
    maps: {
      wires: own('wires'), counts: own('counts'), sites: own('sites'), floods: own('floods'), programs: server.programs.handle, cursor: server.cursor.handle,
    },
    constants: { 'flood-slot': floodSlot(record), ...siteConstants(ELEMENT_SITES, image.sites.length) },
  };
  const made = (joint: Joint): Piece => instantiate(joint, around);
  const dropped = made(drop);
  return {
    prologue: made(prologue),
    flooding: made(flooding),
    all: new Map([['to', made(to)], ['reply', made(reply)], ['flood', made(flood)], ['mirror', made(mirror)], ['drop', dropped], ['punt', dropped]]),
  };
}

function ownMap(server: Server, record: ElementRecord, name: string): MapHandle {
  const map = server.existing((record.maps[name] as OwnMap).pin);
  if (!map) throw new Error(`element ${record.uid} has no map ${name}`);
  return map.handle;
}

function linked(image: Image, result: LinkResult): Linked {
  if (!result.ok) throw new DatapathError(`image ${image.name} cannot be linked: ${result.problem}`, { cure: 'compile the module again' });
  return result.linked;
}
