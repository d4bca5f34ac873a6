// What both worlds do alike: which workloads there are, and how a visor's drop counters read.

import type { VisorClient } from '../../src/client/visor.ts';
import { SERVERS, TENANTS, type Refusal, type ServerName, type Tenant } from './world.ts';

/** Two workloads a tenant on each server. */
export function attachable(): { readonly tenant: Tenant; readonly name: string; readonly server: ServerName }[] {
  return TENANTS.flatMap(tenant => [1, 2, 3, 4].map(n => ({ tenant, name: `${tenant}-${n}`, server: SERVERS[n <= 2 ? 0 : 1]! })));
}

export async function refusalsOf(server: ServerName, visor: VisorClient): Promise<Refusal[]> {
  const [drops, status] = await Promise.all([visor.drops(), visor.status()]);
  return drops.map(({ element, ...row }) => ({ ...row, server, owner: status.elements.find(n => n.uid === element)?.name ?? '' }));
}
