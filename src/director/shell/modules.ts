// A module's folder → what planning and visors need of it: its image, and its control function.

import type { Image } from '../../image/image.ts';
import { type LoadedModule, type LoadedModules, loadedModule } from '../core/loaded-module.ts';
import { compiledImages } from './compiled.ts';

const NAMES = ['bridge', 'router', 'firewall', 'dhcp', 'dns', 'uplink', 'nat44'] as const;

/** `modules/NAME/NAME.ts` of this package and its control function, for all that the Director places. @throws StartRefused: it does not compile */
export async function loadModules(): Promise<LoadedModules> {
  const images = await compiledImages(NAMES);
  const load = async <Spec>(name: typeof NAMES[number]): Promise<LoadedModule<Spec>> => loadedModule(images.get(name) as Image, await controlOf<Spec>(name));
  return {
    bridge: await load('bridge'), router: await load('router'), firewall: await load('firewall'), dhcp: await load('dhcp'),
    dns: await load('dns'), uplink: await load('uplink'), nat44: await load('nat44'),
  };
}

/** Beside this file's own kind: TypeScript in a checkout, JavaScript in the published package. */
async function controlOf<Spec>(name: string): Promise<(spec: Spec) => unknown> {
  const kind = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return (await import(new URL(`../../../modules/${name}/${name}.control.${kind}`, import.meta.url).href) as { readonly default: (spec: Spec) => unknown }).default;
}
