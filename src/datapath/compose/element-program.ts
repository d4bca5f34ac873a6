// The program of one element: prologue, the module's code, and the joints that its exits need.

import type { Image } from '../../image/image.ts';
import { DatapathError } from '../datapath.ts';
import { drop } from '../joints/drop.ts';
import { flood } from '../joints/flood.ts';
import { instantiate, siteConstants, type Joint } from '../joints/joint.ts';
import { prologue } from '../joints/prologue.ts';
import { reply, to } from '../joints/to.ts';
import { link, type Linked } from '../link/link.ts';
import { modulePiece, type MapHandle } from '../link/piece.ts';
import { ownName } from './element.ts';
import type { ElementRecord, OwnMap } from './element-record.ts';
import { imageMap } from './image-maps.ts';
import { ELEMENT_SITES, type Server } from './server.ts';

export function linkElement(server: Server, record: ElementRecord, image: Image): Linked {
  const program = image.programs.find(p => p.name === 'main' && p.hook === 'tc');
  if (image.kind !== 'module' || !program) {
    throw new DatapathError(`module ${image.name} is a ${image.kind}: this version carries modules only`, { cure: 'use a module whose default export is module(…)' });
  }
  const own = (name: string): MapHandle => {
    const map = server.existing((record.maps[name] as OwnMap).pin);
    if (!map) throw new Error(`element ${record.uid} has no map ${name}`);
    return map.handle;
  };
  const around = {
    maps: { wires: own('wires'), counts: own('counts'), sites: own('sites'), floods: own('floods'), programs: server.programs.handle },
    constants: siteConstants(ELEMENT_SITES, image.sites.length),
  };
  const made = (joint: Joint) => instantiate(joint, around);
  const dropped = made(drop);
  const body = modulePiece(program, image.files, {
    map(index) {
      const decl = image.maps[index];
      if (!decl) throw new DatapathError(`image ${image.name} refers to a map that it does not declare`, { cure: 'compile the module again' });
      return decl.scope === 'element' ? own(ownName(decl)) : imageMap(server, image, decl).handle;
    },
    constant: name => (name === 'element' ? record.id : server.engine.hz),
  });
  const result = link({
    prologue: made(prologue), body,
    joints: new Map([['to', made(to)], ['reply', made(reply)], ['flood', made(flood)], ['drop', dropped], ['punt', dropped]]),
  });
  if (!result.ok) throw new DatapathError(`image ${image.name} cannot be linked: ${result.problem}`, { cure: 'compile the module again' });
  return result.linked;
}
