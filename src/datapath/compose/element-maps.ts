// Maps of an element, open: its own by their names in its record, and whichever stands for a declaration of its image. What makes and fills them is element.ts.

import type { Image, MapDecl } from '../../image/image.ts';
import type { ElementRecord } from './element-record.ts';
import type { PinnedMap } from './engine.ts';
import { imageMap } from './image-maps.ts';
import { ownName, type Server } from './server.ts';

/** One of its own; undefined: it is not there. */
export function ownMap(server: Server, record: Pick<ElementRecord, 'maps'> | undefined, name: string): PinnedMap | undefined {
  return server.existing(record?.maps[name]?.pin ?? '');
}

/** The element's own, or the one that it shares, which is made if it is not there. */
export function mapOf(server: Server, record: Pick<ElementRecord, 'maps'>, image: Image, decl: MapDecl): PinnedMap | undefined {
  return decl.scope === 'image' ? imageMap(server, image, decl) : ownMap(server, record, ownName(decl));
}
