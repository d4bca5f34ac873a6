// Who asks, and what they may: people by their roles, visors by the server whose key they hold. Pure; who somebody is, the shell finds out.

import type { ApiError, PlanChange } from '../../model/api.ts';
import { domainAbout } from '../../model/about.ts';
import { showKey, type Resource } from '../../model/resource.ts';
import { placeOf } from '../../model/table.ts';
import { isKindOfTrust, type Role } from '../../model/trust.ts';
import { trustIn, type Resources } from './trust-index.ts';

export type Caller =
  /** Root, or the user that the Director runs as, on its own machine. */
  | { readonly kind: 'operator'; readonly name: string }
  | { readonly kind: 'user'; readonly name: string }
  | { readonly kind: 'visor'; readonly server: string }
  /** `why`: what was wrong with what they showed, and what mends it; absent: they showed nothing. */
  | { readonly kind: 'nobody'; readonly name: string; readonly why?: string; readonly cure?: string };

/** For the audit log. */
export function showCaller(caller: Caller): string {
  return caller.kind === 'user' ? `user ${caller.name}` : caller.kind === 'visor' ? `visor ${caller.server}` : caller.name;
}

interface Granted { readonly role: Role; readonly domains: readonly string[] | undefined }

function grantsOf(resources: Resources, user: string): Granted[] {
  return (trustIn(resources).bindings.get(user) ?? []).map(({ spec: { role, domains } }) => ({ role, domains }));
}

/** `editor in shop, web`, for people. */
export function rolesOf(resources: Resources, user: string): string[] {
  return grantsOf(resources, user).map(g => `${g.role}${g.domains ? ` in ${g.domains.join(', ')}` : ''}`).sort();
}

export interface Rights {
  readonly isAdmin: boolean;
  /** The zone's status, events of servers, plans of all. */
  readonly readsZone: boolean;
  readonly reads: (key: string) => boolean;
  readonly writes: (key: string) => boolean;
}

const ALL: Rights = { isAdmin: true, readsZone: true, reads: () => true, writes: () => true };
const NONE: Rights = { isAdmin: false, readsZone: false, reads: () => false, writes: () => false };

/** For visors: what may be read; what may be written hangs on more than the key, see `mayChange`. */
export function rightsOf(resources: Resources, caller: Caller): Rights {
  if (caller.kind === 'operator') return ALL;
  if (caller.kind === 'nobody') return NONE;
  if (caller.kind === 'visor') {
    const own = (key: string): boolean => {
      const r = resources.get(key);
      return key === `Server/${caller.server}` || (r?.kind === 'Endpoint' && r.spec.server === caller.server);
    };
    return { ...NONE, reads: own };
  }
  const grants = grantsOf(resources, caller.name);
  if (grants.some(g => g.role === 'admin')) return ALL;
  const covers = (g: Granted, domain: string): boolean => g.domains === undefined || g.domains.includes(domain);
  const readsZone = grants.some(g => g.domains === undefined);
  return {
    isAdmin: false, readsZone,
    reads: key => {
      const domain = domainAbout(key);
      return !isKindOfTrust(placeOf(key).kind) && (domain === '' ? readsZone : grants.some(g => covers(g, domain)));
    },
    // A Domain is read with what is in it, but is the zone's.
    writes: key => {
      const { domain } = placeOf(key);
      return domain !== '' && grants.some(g => g.role === 'editor' && covers(g, domain));
    },
  };
}

/** Why a caller may not change a resource from one form to the other; undefined: they may. */
export function mayChange(resources: Resources, caller: Caller, key: string, before: Resource | undefined, after: Resource | undefined): ApiError | undefined {
  if (caller.kind === 'visor') {
    const isOwn = (r: Resource | undefined): boolean => r === undefined || (r.kind === 'Endpoint' && r.spec.server === caller.server);
    // Labels select policies: a visor has none to give. Nor does it change what others said of an endpoint that is there.
    const hasLabels = Object.keys(after?.metadata.labels ?? {}).length > 0 && before === undefined;
    const isChange = before !== undefined && after !== undefined;
    if (isOwn(before) && isOwn(after) && !hasLabels && !isChange) return undefined;
    return forbidden(caller, hasLabels ? `give labels to ${showKey(key)}: they are its network's to grant` : `change ${showKey(key)}: it makes and deletes endpoints, only endpoints of its own server`);
  }
  const leaseOf = (r: Resource | undefined): string | undefined => r?.kind === 'Endpoint' ? r.spec.lease : undefined;
  if (caller.kind === 'user' && after && leaseOf(after) !== leaseOf(before)) return forbidden(caller, `say what ${showKey(key)} was born as: that is its visor's`);
  return rightsOf(resources, caller).writes(key) ? undefined : forbidden(caller, `change ${showKey(key)}`);
}

/** Of what a dry run would do: what the caller could read when it is done. */
export function readable(resources: Resources, caller: Caller, plans: readonly PlanChange[]): PlanChange[] {
  const rights = rightsOf(resources, caller);
  if (rights.readsZone) return [...plans];
  if (caller.kind === 'visor') return plans.filter(p => p.server === caller.server);
  return plans
    .map(p => ({ ...p, elements: p.elements.filter(e => rights.reads(e.name)), endpoints: p.endpoints.filter(e => rights.reads(`Endpoint/${e.name}`)) }))
    .filter(p => p.elements.length > 0 || p.endpoints.length > 0);
}

export function forbidden(caller: Caller, what: string): ApiError {
  if (caller.kind === 'nobody') return { error: 'unauthenticated', message: caller.why ?? 'nothing says who asks', cure: caller.cure ?? 'give a token (--token, IOV_TOKEN or a context), or ask on the unix socket of the Director as root' };
  return { error: 'forbidden', message: `${showCaller(caller)} may not ${what}`, ...(caller.kind === 'user' ? { cure: 'ask an admin for a RoleBinding' } : {}) };
}
