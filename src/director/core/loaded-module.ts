// A compiled module and its control function → what planning and visors need of it. It compiles nothing and reads no file.

import { encodeImage } from '../../image/codec.ts';
import { imageHash } from '../../image/image-hash.ts';
import type { Image, MapKind } from '../../image/image.ts';
import { jsonOf } from '../../image/values.ts';
import type { PlanContents } from '../../model/plan.ts';
import type { Modules, PlannedModule } from './elements/modules.ts';

export interface LoadedModule<Spec> {
  readonly planned: PlannedModule<Spec>;
  readonly imageText: string;
}

/** Contents as plans carry them: a u64 as a decimal string, bytes as hexadecimal text. */
function contentsOf(value: unknown): PlanContents {
  return jsonOf(value) as PlanContents;
}

type SpecOf<M> = M extends PlannedModule<infer Spec> ? Spec : never;
/** All that the Director places, by the names of their folders. */
export type LoadedModules = { readonly [Name in keyof Modules]: LoadedModule<SpecOf<Modules[Name]>> };

/** Kinds of maps whose contents are entries by key. */
const KEYED: ReadonlySet<MapKind> = new Set(['hash', 'lru', 'expiring', 'lpm', 'percpu-hash', 'hash-of-maps']);

/** Exported maps whose contents are entries by key. */
export function keyedIn(image: Image): string[] {
  return image.maps.filter(m => m.exported && KEYED.has(m.kind)).map(m => m.name).sort();
}

/** Joins a compiled module to its control function. */
export function loadedModule<Spec>(image: Image, control: (spec: Spec) => unknown): LoadedModule<Spec> {
  return { imageText: encodeImage(image), planned: { imageHash: imageHash(image), keyed: keyedIn(image), control: spec => contentsOf(control(spec)) } };
}

export function plannedOf({ bridge, router, firewall, dhcp, dns, uplink, nat44 }: LoadedModules): Modules {
  return { bridge: bridge.planned, router: router.planned, firewall: firewall.planned, dhcp: dhcp.planned, dns: dns.planned, uplink: uplink.planned, nat44: nat44.planned };
}
