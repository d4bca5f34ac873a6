// The filter of a Function: a module of a user's own around the element of a Network. What it is told is the Function's config, as it stands there.

import { decodeImage } from '../../../image/codec.ts';
import { encodeContents } from '../../../image/contents.ts';
import type { Image } from '../../../image/image.ts';
import type { Contents } from '../../../image/values.ts';
import type { ElementSection, PlanContents } from '../../../model/plan.ts';
import type { Problem } from '../../../model/problem.ts';
import { keyOf, type Module, type NetworkFunction, type Resource } from '../../../model/resource.ts';
import { functionGiven, type FunctionForm, type World } from '../world.ts';
import { AS_A_WHOLE, type Around, type Filter, type FilterElement } from './row.ts';
import type { Scene } from './scene.ts';
import { resourcesOf } from '../../../model/resources-of.ts';
import { nameOf, pathOf } from '../../../model/path.ts';

/** On the server that tries the next version: `owner/next`. */
export const functionFilter: Filter = {
  owners: ({ functionsOf }, network) => (functionsOf.get(network) ?? []).flatMap(f => [functionOwner(f, network), `${functionOwner(f, network)}/next`]),
  touchedBy: { ...AS_A_WHOLE, Endpoint: 'nothing', Policy: 'nothing', Identity: 'nothing', Presence: 'nothing' },
  around: (world, topology, network) => (topology.functionsOf.get(network) ?? []).flatMap((f): FilterElement[] => {
    const given = functionGiven(world, pathOf(f));
    const element = given?.elements[nameOf(network)];
    if (!element) return [];
    const owner = functionOwner(f, network), next = `${owner}/next`;
    const { rollout, running } = given;
    return [{
      owner, element, contentsOn: () => ({}),
      section: (scene, around) => functionSection(scene, owner, rollout ? running : f.spec, around),
      ...rollout && { tried: { server: rollout.canary, owner: next, section: (scene, around) => functionSection(scene, next, f.spec, around) } },
    }];
  }),
};

/** `Function/domain/name/network`. */
export function functionOwner(f: NetworkFunction, network: string): string {
  return `Function/${pathOf(f)}/${nameOf(network)}`;
}

function functionSection({ world }: Scene, owner: string, { module, config }: Pick<NetworkFunction['spec'], 'module' | 'config'> | FunctionForm, around: Around): ElementSection {
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
  for (const module of resourcesOf(resources, 'Module')) if (module.spec.imageHash === hash) return imageOf(module);
  return undefined;
}

const images = new WeakMap<Module, Image | undefined>();

export function imageOf(module: Module): Image | undefined {
  if (!images.has(module)) {
    const decoded = decodeImage(module.spec.image);
    images.set(module, decoded.ok ? decoded.image : undefined);
  }
  return images.get(module);
}

/** `visitors[3].port`, as the encoding of contents says where something is wrong. */
export function fieldsIn(path: string): readonly string[] {
  return path.split(/[.[\]]+/).filter(p => p !== '');
}

/** What a function says to its module, by the module's own types. */
export function configProblems(resources: ReadonlyMap<string, Resource>, f: NetworkFunction): Problem[] {
  const module = resources.get(`Module/${f.spec.module}`);
  const image = module?.kind === 'Module' ? imageOf(module) : undefined;
  if (!image) return [];
  const encoded = encodeContents(image, 1, (f.spec.config ?? {}) as Contents);
  return encoded.ok ? [] : encoded.errors.map(e => ({ key: keyOf(f), path: ['spec', 'config', ...fieldsIn(e.path)], message: `${e.message} (Module ${f.spec.module})` }));
}

/** The function that has this version on servers while one tries the next. */
export function runningOn(world: World, module: string): string | undefined {
  for (const path of resourcesOf(world.resources, 'Function').map(pathOf)) {
    const given = functionGiven(world, path);
    if (given?.rollout && given.running.module === module) return path;
  }
  return undefined;
}
