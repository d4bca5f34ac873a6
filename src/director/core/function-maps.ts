// The maps that the module of a Function exports, and where it runs: what can be said without asking a server. Pure; who asks servers is the shell.

import type { Image, MapDecl } from '../../image/image.ts';
import { encodeChange, typeText, whyNotSet, type TableChange } from '../../image/tables.ts';
import type { ExportedMap } from '../../model/asks.ts';
import type { Problem } from '../../model/problem.ts';
import { keyOf, type NetworkFunction, type Resource } from '../../model/resource.ts';
import { fieldsIn, functionOwner, imageOf } from './elements/functions.ts';
import type { Built } from './planner.ts';
import { reachOf } from './topology.ts';
import { functionGiven, type World } from './world.ts';
import { nameOf, pathOf } from '../../model/path.ts';

/** An element of a function: on a server, around a network. */
export interface Place { readonly server: string; readonly network: string; readonly module: string; readonly uid: string; readonly imageHash: string }

/** By server, then by network. */
export function placesOf({ world, built }: { readonly world: World; readonly built: Built }, f: NetworkFunction): readonly Place[] {
  const { topology } = built;
  const given = functionGiven(world, pathOf(f));
  const places = (topology.networksAround.get(pathOf(f)) ?? []).flatMap(network => reachOf(topology, network).flatMap((server): Place[] => {
    const isTried = given?.rollout?.canary === server;
    const owner = functionOwner(f, network);
    const element = built.elements.get(isTried ? `${owner}/next` : owner)?.section.element;
    const module = given?.rollout && !isTried ? given.running.module : f.spec.module;
    return element ? [{ server, network: nameOf(network), module, uid: element.uid, imageHash: element.imageHash }] : [];
  }));
  return places.sort((a, b) => (a.server < b.server ? -1 : a.server > b.server ? 1 : a.network < b.network ? -1 : 1));
}

/** As the spec has its module; other versions may run while one is tried. */
export function exportsOf(resources: ReadonlyMap<string, Resource>, { spec }: NetworkFunction): readonly ExportedMap[] {
  return (imageNamed(resources, spec.module)?.maps ?? []).filter(map => map.exported && map.kind !== 'ring').map((map): ExportedMap => {
    const said = spec.config?.[map.name];
    return {
      name: map.name, kind: map.kind, key: map.kind === 'config' || map.kind === 'shape' ? '' : typeText(map.key), value: valueText(map), entries: map.capacity,
      set: whyNotSet(map) === undefined ? 'both' : isConfigured(map) ? 'config' : 'never', ...Array.isArray(said) && { inConfig: said.length },
    };
  });
}

function isConfigured({ kind }: MapDecl): boolean {
  return kind === 'config' || kind === 'shape' || kind === 'hash-of-maps' || kind === 'array-of-maps';
}

function valueText({ value, inner }: MapDecl): string {
  return inner ? `map of ${typeText(inner.key)} to ${typeText(inner.value)}` : typeText(value);
}

function imageNamed(resources: ReadonlyMap<string, Resource>, module: string): Image | undefined {
  const found = resources.get(`Module/${module}`);
  return found?.kind === 'Module' ? imageOf(found) : undefined;
}

/** What is not as the types of a version say that runs somewhere. */
export function changeProblems(resources: ReadonlyMap<string, Resource>, f: NetworkFunction, map: string, change: TableChange, places: readonly Place[]): readonly Problem[] {
  return [...new Set([f.spec.module, ...places.map(p => p.module)])].flatMap((module): Problem[] => {
    const decl = imageNamed(resources, module)?.maps.find(m => m.exported && m.name === map);
    if (!decl) return [];
    const encoded = encodeChange(decl, 1, change);
    return encoded.ok ? [] : [{ key: keyOf(f), path: fieldsIn(encoded.error.path), message: `${encoded.error.message} (Module ${module})` }];
  });
}
