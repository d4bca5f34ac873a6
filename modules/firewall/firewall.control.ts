// Members, identities and sets of rules of the Director's model become the contents of one network's firewall. A set is the rules of one
// tier and way for some endpoints; its number is that of what it says, so another set is another number and stands beside the old one
// until the members that it is for name it: one write of an endpoint's entry is the change from the old rules to the new.

import type { Contents } from 'iovisor/control';
import { classesOf, type Class } from './classes.ts';
import type * as firewall from './firewall.ts';
import { entriesOf } from './ports.ts';

const ACTIONS = { allow: 1, deny: 2, reject: 3, pass: 4 } as const;
const CLOSED = 5;
/** Behind all rules. */
const LAST_RANK = 0xffff_ffff;
const EVERYONE = 0;

/** Of each tier, the number of its set; 0: none. */
export interface Tiers { readonly admin: number; readonly application: number; readonly baseline: number }

export interface Rule {
  readonly action: keyof typeof ACTIONS;
  /** Without identities and cidr: everyone. */
  readonly identities?: readonly number[];
  readonly cidr?: readonly string[];
  readonly except?: readonly string[];
  /** Absent: everything. A protocol without ports has none. */
  readonly ports?: readonly { readonly protocol: 'tcp' | 'udp' | 'icmp'; readonly ports?: readonly [number, number] }[];
  /** By which it is counted, unless it passes; 0: it is not. */
  readonly hits: number;
}

export interface Policy {
  /** Endpoints, by port. */
  readonly members: readonly { readonly port: number; readonly in: Tiers; readonly out: Tiers }[];
  /** Of the domain's addresses. */
  readonly addresses: readonly { readonly address: string; readonly identity: number }[];
  /** `closed`: what none of the rules allows is dropped. The first rule that matches decides. */
  readonly sets: readonly { readonly number: number; readonly closed: boolean; readonly rules: readonly Rule[] }[];
  /** Changes with what connections were decided by: rules and addresses; members. */
  readonly epoch: { readonly rules?: number; readonly members?: number };
  readonly connections?: number;
  /** Seconds. */
  readonly lifetimes?: Contents<typeof firewall>['lifetimes'];
}

export default function control({ members, addresses, sets, epoch, connections, lifetimes }: Policy): Contents<typeof firewall> {
  const made = sets.map(set => ({ ...set, ...classesOf(set.rules) }));
  return {
    members: members.map(({ port, in: i, out }) => [port, {
      inAdmin: i.admin, inApplication: i.application, inBaseline: i.baseline, outAdmin: out.admin, outApplication: out.application, outBaseline: out.baseline,
    }] as const),
    addresses: addresses.map(({ address, identity }) => [address, identity] as const),
    identities: made.flatMap(({ number, identities }) => identities.map(({ identity, group }) => [{ set: number, identity }, group] as const)),
    outside: made.flatMap(({ number, outside }) => outside.map(({ address, bits, group }) => [{ set: number, address, bits: 32 + bits }, group] as const)),
    rules: made.flatMap(({ number, rules, closed, everyone, groups }) => [
      ...groups.flatMap(group => ruleEntries(number, rules, group)),
      ...ruleEntries(number, rules, { group: EVERYONE, rules: everyone }, closed),
    ]),
    hits: [...new Set(sets.flatMap(({ rules }) => rules.flatMap(({ hits }) => hits === 0 ? [] : [hits])))],
    unruled: unruled(members),
    epoch,
    ...connections !== undefined && { limits: { connections } },
    ...lifetimes && { lifetimes },
  };
}

/** Words of 32 ports, a bit each. */
function unruled(members: Policy['members']): number[] {
  const words = new Array<number>(members.reduce((most, { port }) => Math.max(most, (port >> 5) + 1), 0)).fill(0);
  for (const { port, in: i, out } of members) {
    if ([i, out].every(t => (t.admin | t.application | t.baseline) === 0)) words[port >> 5] = (words[port >> 5]! | 1 << (port & 31)) >>> 0;
  }
  return words;
}

type RuleEntry = NonNullable<Contents<typeof firewall>['rules']>[number];

/** `closed`: with the last word of the set. */
function ruleEntries(set: number, rules: readonly Rule[], { group, rules: own }: Class, closed = false): RuleEntry[] {
  const all = own.map(rank => ({ rank, ports: rules[rank]!.ports }));
  return entriesOf(closed ? [...all, { rank: LAST_RANK, ports: undefined }] : all).map(({ rank, protocol, port, bits }) => {
    const rule = rules[rank];
    return [{ set, group, protocol, port, bits: 64 + bits }, { rank, hits: rule && rule.action !== 'pass' ? rule.hits : 0, action: rule ? ACTIONS[rule.action] : CLOSED }] as const;
  });
}
