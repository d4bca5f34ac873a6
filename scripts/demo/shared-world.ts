// What both worlds do alike: which workloads there are, and how a visor's drop counters read.

import type { DirectorClient } from '../../src/client/director.ts';
import type { VisorClient } from '../../src/client/visor.ts';
import { SETTINGS } from './guard.ts';
import { SERVERS, TENANTS, type Refusal, type ServerName, type Tenant } from './world.ts';

/** Two workloads a tenant on each server. */
export function attachable(): { readonly tenant: Tenant; readonly name: string; readonly server: ServerName }[] {
  return TENANTS.flatMap(tenant => [1, 2, 3, 4].map(n => ({ tenant, name: `${tenant}-${n}`, server: SERVERS[n <= 2 ? 0 : 1]! })));
}

/** The Function that an editor places. */
export function guardOf(domain: Tenant, module: string): { readonly apiVersion: string; readonly kind: string; readonly metadata: { readonly domain: string; readonly name: string }; readonly spec: unknown } {
  return { apiVersion: 'iovisor/v1', kind: 'Function', metadata: { domain, name: 'guard' }, spec: { module, on: { network: 'lan' }, config: SETTINGS } };
}

/** Until the Director says that all servers have it, or that none has it any more. */
export async function untilGuarded(client: DirectorClient, domain: Tenant): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const statuses = await client.statuses();
    const { revision } = await client.health();
    const elements = statuses.flatMap(s => s.status.elements).filter(e => e.name.startsWith(`Function/${domain}/`));
    const applied = statuses.every(s => s.status.applied?.revision === revision);
    if (applied && elements.every(e => e.state === 'ready')) return;
    await new Promise(done => setTimeout(done, 25));
  }
  throw new Error('the servers do not come to the newest plan');
}

export async function refusalsOf(server: ServerName, visor: VisorClient): Promise<Refusal[]> {
  const [drops, status] = await Promise.all([visor.drops(), visor.status()]);
  return drops.map(({ element, ...row }) => ({ ...row, server, owner: status.elements.find(n => n.uid === element)?.name ?? '' }));
}
