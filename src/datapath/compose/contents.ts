// Contents of an element as entries of its maps; what does not fit the module's exports is refused whole, with every mistake.

import { encodeContents as encodeImageContents, type Entry, type InnerEntry } from '../../image/contents.ts';
import type { Image, MapDecl } from '../../image/image.ts';
import type { Contents } from '../../image/values.ts';
import { DatapathError } from '../datapath.ts';

export interface Encoded {
  /** Every exported map that control can write, config and shape; empty where the contents name no entries. */
  readonly tables: readonly { readonly decl: MapDecl; readonly entries: readonly Entry[]; readonly inner: readonly InnerEntry[] }[];
}

const WRITTEN_BY_PACKETS: ReadonlySet<MapDecl['kind']> = new Set(['ring', 'percpu-array']);

export function encodeContents(image: Image, element: number, contents: Contents): Encoded {
  const encoded = encodeImageContents(image, element, contents);
  if (!encoded.ok) {
    const [first] = encoded.errors;
    throw new DatapathError(`contents for module ${image.name}: ${first?.path ?? ''} ${first?.message ?? ''}`, {
      cure: 'the control code and the image do not belong together: give both from the same version of the module',
      detail: encoded.errors.map(e => `${e.path} ${e.message}`).join('\n'),
    });
  }
  return {
    tables: image.maps.flatMap((decl, index) => {
      const given = encoded.maps.find(m => m.map === index);
      if (!given && (!decl.exported || WRITTEN_BY_PACKETS.has(decl.kind))) return [];
      return [{ decl, entries: given?.entries ?? [], inner: given?.inner ?? [] }];
    }),
  };
}
