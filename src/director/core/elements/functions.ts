// The filter of a Function: a module of a user's own around the element of a Network. What it is told is the Function's config, as it stands there.

import { decodeImage } from '../../../image/codec.ts';
import { encodeContents } from '../../../image/contents.ts';
import type { Image } from '../../../image/image.ts';
import type { Contents } from '../../../image/values.ts';
import type { ElementSection, PlanContents } from '../../../model/plan.ts';
import type { Problem } from '../../../model/problem.ts';
import { keyOf, type Module, type NetworkFunction, type Resource } from '../../../model/resource.ts';
import { functionGiven, type World } from '../world.ts';
import type { Around } from './filters.ts';
import type { Scene } from './scene.ts';

/** On the server that tries the next version: `owner/next`. */
export function onServer({ world }: Scene, owner: string, server: string): string {
  if (!owner.startsWith('Function/')) return owner;
  const [, domain, name] = owner.split('/');
  return functionGiven(world, `${domain}/${name}`)?.rollout?.canary === server ? `${owner}/next` : owner;
}

/** `Function/domain/name/network`. */
export function functionOwner(f: NetworkFunction, network: string): string {
  return `Function/${f.metadata.domain}/${f.metadata.name}/${network.slice(network.indexOf('/') + 1)}`;
}

/** Whether a server tries another version than the others have. */
export function isTried(world: World, owner: string): boolean {
  const [kind, domain, name] = owner.split('/');
  return kind === 'Function' && functionGiven(world, `${domain}/${name}`)?.rollout !== undefined;
}

export function functionSection({ world }: Scene, owner: string, around: Around): ElementSection {
  const [, domain, name, , next] = owner.split('/');
  const { spec } = world.resources.get(`Function/${domain}/${name}`) as NetworkFunction;
  const given = functionGiven(world, `${domain}/${name}`)!;
  const { module, config } = next === undefined && given.rollout ? given.running : spec;
  const { spec: { imageHash, keyed } } = world.resources.get(`Module/${module}`) as Module;
  return {
    kind: 'element', owner,
    element: { ...around.element, imageHash },
    keyed,
    contents: (config ?? {}) as PlanContents,
    wires: [], around: around.place,
  };
}

/** Of the modules that people wrote; of those that the Director came with there is one version at a time. */
export function imageOfHash(resources: ReadonlyMap<string, Resource>, hash: string): Image | undefined {
  for (const resource of resources.values()) if (resource.kind === 'Module' && resource.spec.imageHash === hash) return imageOf(resource);
  return undefined;
}

const images = new WeakMap<Module, Image | undefined>();

function imageOf(module: Module): Image | undefined {
  if (!images.has(module)) {
    const decoded = decodeImage(module.spec.image);
    images.set(module, decoded.ok ? decoded.image : undefined);
  }
  return images.get(module);
}

/** What a function says to its module, by the module's own types. */
export function configProblems(resources: ReadonlyMap<string, Resource>, f: NetworkFunction): Problem[] {
  const module = resources.get(`Module/${f.spec.module}`);
  const image = module?.kind === 'Module' ? imageOf(module) : undefined;
  if (!image) return [];
  const encoded = encodeContents(image, 1, (f.spec.config ?? {}) as Contents);
  return encoded.ok ? [] : encoded.errors.map(e => ({ key: keyOf(f), path: ['spec', 'config', ...e.path.split(/[.[\]]+/).filter(p => p !== '')], message: `${e.message} (Module ${f.spec.module})` }));
}

/** The function that has this version on servers while one tries the next. */
export function runningOn(world: World, module: string): string | undefined {
  for (const r of world.resources.values()) {
    const path = r.kind === 'Function' ? `${r.metadata.domain}/${r.metadata.name}` : undefined;
    const given = path === undefined ? undefined : functionGiven(world, path);
    if (given?.rollout && given.running.module === module) return path;
  }
  return undefined;
}
