// Which policies hold for which endpoints, and what they say as rules of modules/firewall. Endpoints for which the same policies hold
// share a set for each way and tier. Its number is made of what those policies say: another policy is another set.

import { hashOf } from '../../../model/canonical.ts';
import { Numbers } from '../../../model/hash32.ts';
import { isIn, type Labels } from '../../../model/labels.ts';
import { TIERS, type Tier } from '../../../model/policy.ts';
import { parsePorts } from '../../../model/ports.ts';
import type { Policy } from '../../../model/resource.ts';
import { identitiesOf } from '../world.ts';
import type { Filtering, FilterRule } from './modules.ts';
import { onceIn, type Scene } from './scene.ts';

export const WAYS = ['ingress', 'egress'] as const;
export type Way = (typeof WAYS)[number];

export interface PolicySet {
  readonly number: number;
  readonly way: Way;
  /** What no rule of it allows is dropped. */
  readonly closed: boolean;
  /** In the order in which they decide. */
  readonly policies: readonly Policy[];
}
type Sets = { readonly [W in Way]: { readonly [T in Tier]?: PolicySet } };

/** `hits`: by rule, the number that it is counted under. */
interface Ordered { readonly policy: Policy; readonly hits: { readonly [W in Way]: readonly number[] } }

interface Prepared {
  readonly policies: readonly Ordered[];
  readonly byPolicy: ReadonlyMap<Policy, Ordered>;
  /** By labels. */
  readonly sets: Map<string, Sets>;
  /** Identities in a group, by its labels. */
  readonly groups: Map<string, readonly number[]>;
}

/** Of a domain, in the order in which they decide: by tier, priority and name. */
export function policiesIn(scene: Scene, domain: string): readonly Ordered[] {
  return preparedFor(scene, domain).policies;
}

/** Those that hold for an endpoint with these labels. */
export function setsOf(scene: Scene, domain: string, labels: Labels): Sets {
  const { policies, sets } = preparedFor(scene, domain);
  const key = JSON.stringify(Object.entries(labels).sort());
  const had = sets.get(key);
  if (had) return had;
  const selected = policies.filter(({ policy }) => isIn(policy.spec.group, labels)).map(({ policy }) => policy);
  const of = (way: Way): Sets[Way] => Object.fromEntries(TIERS.flatMap(tier => {
    const own = selected.filter(p => tierOf(p) === tier && p.spec[way] !== undefined);
    return own.length === 0 ? [] : [[tier, { number: numberOf(way, tier, own), way, closed: tier === 'application', policies: own } satisfies PolicySet]];
  }));
  const made = { ingress: of('ingress'), egress: of('egress') };
  sets.set(key, made);
  return made;
}

export function tiersOf(sets: Sets[Way]): Filtering['members'][number]['in'] {
  return { admin: sets.admin?.number ?? 0, application: sets.application?.number ?? 0, baseline: sets.baseline?.number ?? 0 };
}

export function rulesOf(scene: Scene, domain: string, { way, policies }: Pick<PolicySet, 'way' | 'policies'>): readonly FilterRule[] {
  const { byPolicy, groups } = preparedFor(scene, domain);
  const inGroup = (group: Labels): readonly number[] => {
    const key = JSON.stringify(Object.entries(group).sort());
    const found = groups.get(key) ?? identitiesOf(scene.world, domain).filter(i => isIn(group, i.labels)).map(i => i.number);
    groups.set(key, found);
    return found;
  };
  return policies.flatMap(policy => (policy.spec[way] ?? []).map((rule, i): FilterRule => {
    const group = 'from' in rule ? rule.from : 'to' in rule ? rule.to : undefined;
    return {
      action: rule.action ?? 'allow', hits: byPolicy.get(policy)!.hits[way][i]!,
      ...group && { identities: inGroup(group) }, ...rule.cidr && { cidr: rule.cidr }, ...rule.except && { except: rule.except },
      ...rule.ports && { ports: rule.ports.map(text => parsePorts(text)!) },
    };
  }));
}

const preparedFor = onceIn((scene, domain): Prepared => {
  const numbers = new Numbers();
  const rank = (p: Policy): number => TIERS.indexOf(tierOf(p)) * 0x1_0000 + (p.spec.priority ?? 0);
  const sorted = [...scene.topology.policiesOf.get(domain) ?? []].sort((a, b) => rank(a) - rank(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
  const hits = (policy: Policy, way: Way): readonly number[] => (policy.spec[way] ?? []).map((_, i) => numbers.of(`${policy.metadata.name} ${way} ${i}`));
  const policies = sorted.map((policy): Ordered => ({ policy, hits: { ingress: hits(policy, 'ingress'), egress: hits(policy, 'egress') } }));
  return { policies, byPolicy: new Map(policies.map(p => [p.policy, p])), sets: new Map(), groups: new Map() };
});

const tierOf = (policy: Policy): Tier => policy.spec.tier ?? 'application';

/** By way. Policies do not change: one that was changed is another. */
const texts: { readonly [W in Way]: WeakMap<Policy, string> } = { ingress: new WeakMap(), egress: new WeakMap() };

function numberOf(way: Way, tier: Tier, policies: readonly Policy[]): number {
  const all = policies.map(policy => {
    const text = texts[way].get(policy) ?? hashOf(policy.spec[way]);
    texts[way].set(policy, text);
    return [policy.metadata.name, text];
  });
  return Number.parseInt(hashOf([way, tier, all]).slice(0, 8), 16) || 1;
}
