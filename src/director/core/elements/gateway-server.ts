// What one server has of a router's way out over the shared sections: of a gateway's server the addresses that it speaks for, and its ports of
// those that are shared; of all others the tunnel that leads to one of them.

import type { PlanContents, PlannedWire } from '../../../model/plan.ts';
import { wayOutOf, type Uplink } from '../../../model/uplinks.ts';
import type { PlannedModule } from './modules.ts';
import type { Scene } from './scene.ts';
import { routerGiven } from '../world.ts';
import { addressesOf, deviceWire, liveServers, sharingOf, translationOf, uplinkAt, wireOut } from './uplink.ts';

interface OwnPart { readonly owner: string; readonly contents?: PlanContents; readonly wires?: readonly PlannedWire[] }

/** `path`: of a router that the server has. */
export function wayOutOn(scene: Scene, path: string, server: string): readonly OwnPart[] {
  const { modules } = scene;
  const uplink = uplinkAt(scene, path);
  if (!uplink || !routerGiven(scene.world, path)?.uplink) return [];
  const out = wireOut(scene, path, server);
  if (out) return [{ owner: `Router/${path}`, wires: [out] }];
  if (!uplink.servers.includes(server)) return [];
  const spoken = addressesOf(uplink).filter(({ address }) => speakerOf(scene, uplink, address) === server);
  const { mac } = routerGiven(scene.world, path)!;
  const all = modules.uplink.control({ router: mac, addresses: spoken.map(a => ({ ...a, speaks: true })) });
  const parts: OwnPart[] = [{ owner: `Uplink/${path}`, contents: keyedOf(modules.uplink, all), wires: [deviceWire(uplink, spoken.map(a => a.address))] }];
  const sharing = uplink.nat && sharingOf(scene, uplink, server);
  if (!sharing) return parts;
  const { settings, owners } = modules.nat44.control({ ...translationOf(scene, path), ...sharing });
  return [...parts, { owner: `Nat/${path}`, contents: { ...settings !== undefined && { settings }, ...owners !== undefined && { owners } } }];
}

/** Each address is spoken for by one server: they take turns, and while one is away another of them has its part. */
function speakerOf(scene: Scene, uplink: Uplink, address: string): string {
  const servers = uplink.servers;
  const live = liveServers(scene, uplink);
  const first = servers[Math.max(0, addressesOf(uplink).findIndex(a => a.address === address)) % servers.length]!;
  return live.includes(first) ? first : wayOutOf(address, live);
}

function keyedOf<Spec>({ keyed }: PlannedModule<Spec>, contents: PlanContents): PlanContents {
  return Object.fromEntries(Object.entries(contents).filter(([name]) => keyed.includes(name)));
}
