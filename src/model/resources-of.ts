// Resources of a kind, of one domain or of all: of a Table without a look at the others.

import type { Kind, Resource } from './resource.ts';
import { Table } from './table.ts';

type Of<K extends Kind> = Extract<Resource, { readonly kind: K }>;

/** Of a kind of the zone, `domain` is left out. */
export function resourcesOf<K extends Kind>(resources: ReadonlyMap<string, Resource>, kind: K, domain?: string): readonly Of<K>[] {
  if (resources instanceof Table) {
    const table = resources as Table<Resource>;
    if (domain !== undefined) return [...table.under(kind, domain).values()] as Of<K>[];
    return [undefined, ...table.domains()].flatMap(d => [...table.under(kind, d).values()]) as Of<K>[];
  }
  return [...resources.values()].filter(r => r.kind === kind && (domain === undefined || ('domain' in r.metadata && r.metadata.domain === domain))) as Of<K>[];
}
