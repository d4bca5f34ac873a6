// What elements are planned from: a world, who belongs together in it, and the modules.

import type { Topology } from '../topology.ts';
import type { World } from '../world.ts';
import type { Modules } from './modules.ts';

export interface Scene {
  readonly world: World;
  readonly topology: Topology;
  readonly modules: Modules;
  /** Bytes of an IP packet in networks that name none. */
  readonly mtu: number;
}

/** What many elements and servers want to know is found once in a scene. */
export function onceIn<Found>(find: (scene: Scene, of: string) => Found): (scene: Scene, of: string) => Found {
  const scenes = new WeakMap<Scene, Map<string, Found>>();
  return (scene, of) => {
    const known = scenes.get(scene) ?? new Map<string, Found>();
    scenes.set(scene, known);
    if (!known.has(of)) known.set(of, find(scene, of));
    return known.get(of) as Found;
  };
}
