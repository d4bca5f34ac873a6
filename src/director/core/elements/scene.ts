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
