// Policies as people write them, through the Director's sets, the module's control and its program in the vm, beside a reading of the same
// policies that walks them one by one. What opens a connection has one fate by both.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import control from '../modules/firewall/firewall.control.ts';
import { CaseElement } from '../src/cases/element.ts';
import { openCaseEngine } from '../src/cases/engines.ts';
import { imageOf } from '../src/compiler/fixtures/image-of.ts';
import type { Contents } from '../src/image/values.ts';
import { icmp, icmpv6, ipv4, ipv6, eth, tcp, udp } from '../src/lang/packets.ts';
import { build } from '../src/lang/packets/build.ts';
import { contains, parseAddress, parsePrefix } from '../src/model/address.ts';
import { isIn, type Labels } from '../src/model/labels.ts';
import { parsePorts } from '../src/model/ports.ts';
import { policySchema, TIERS } from '../src/model/policy.ts';
import type { Json } from '../src/model/canonical.ts';
import type { Policy, Resource } from '../src/model/resource.ts';
import { topologyOf } from '../src/director/core/topology.ts';
import { Table } from '../src/model/table.ts';
import { EMPTY_WORLD, identityKey } from '../src/director/core/world.ts';
import type { Modules } from '../src/director/core/elements/modules.ts';
import { policiesIn, rulesOf, setsOf, tiersOf, WAYS, type Way } from '../src/director/core/elements/policy-sets.ts';
import type { Scene } from '../src/director/core/elements/scene.ts';

/** Groups of the domain, by identity; 0 is who is in none. */
const GROUPS: readonly Labels[] = [{ tier: 'web' }, { tier: 'db' }, { tier: 'web', env: 'test' }];
/** Of each identity, then addresses outside. */
const ADDRESSES = ['10.1.0.1', '10.1.0.2', '10.1.0.3'];
const OUTSIDE = ['192.0.2.1', '192.0.2.77', '192.0.2.200', '198.51.100.9', '2001:db8::1', '2001:db8:1::1'];
const OWN = { four: '10.1.0.99', six: 'fd00::99' };
const PORTS = [0, 22, 79, 80, 81, 443, 1023, 1024, 5432, 65535];

function sceneOf(policies: readonly Policy[]): Scene {
  const resources = Table.from(new Map<string, Resource>(policies.map(policy => [`Policy/red/${policy.metadata.name}`, policy])));
  const given = Table.from(new Map<string, Json>(GROUPS.map((labels, i) => [identityKey('red', labels), { number: i + 1, labels }])));
  return { world: { ...EMPTY_WORLD, resources, given }, topology: topologyOf(resources), modules: {} as Modules, mtu: 1450 };
}

interface Opening { readonly way: Way; readonly identity: number; readonly address: string; readonly protocol: 'tcp' | 'udp' | 'icmp'; readonly port: number }
type Rule = NonNullable<Policy['spec']['ingress']>[number] & { to?: Labels };
type Fate = 'passed' | 'no-rule' | 'denied' | 'replied';

function walked(policies: readonly Policy[], { way, identity, address, protocol, port }: Opening): { fate: Fate; by?: string } {
  const own = policies.filter(p => isIn(p.spec.group, GROUPS[0]!) && p.spec[way] !== undefined);
  const matches = (rule: Rule): boolean => {
    const group = way === 'ingress' ? rule.from : rule.to;
    const inside = (prefix: string): boolean => contains(parsePrefix(prefix)!, parseAddress(address)!);
    const isFar = group === undefined && rule.cidr === undefined
      || group !== undefined && identity !== 0 && isIn(group, GROUPS[identity - 1]!)
      || identity === 0 && rule.cidr?.some(inside) === true && rule.except?.some(inside) !== true;
    return isFar && (rule.ports?.some(text => {
      const range = parsePorts(text)!;
      return range.protocol === protocol && (range.ports === undefined || port >= range.ports[0] && port <= range.ports[1]);
    }) ?? true);
  };
  for (const tier of TIERS) {
    const asked = own.filter(p => (p.spec.tier ?? 'application') === tier)
      .sort((a, b) => (a.spec.priority ?? 0) - (b.spec.priority ?? 0) || (a.metadata.name < b.metadata.name ? -1 : 1));
    const found = asked.flatMap(p => (p.spec[way] ?? []).map((rule, i) => ({ rule: rule as Rule, by: `${p.metadata.name} ${way} ${i}` }))).find(({ rule }) => matches(rule));
    if (found && found.rule.action !== 'pass') return { fate: ({ allow: 'passed', deny: 'denied', reject: 'replied' } as const)[found.rule.action ?? 'allow'], by: found.by };
    if (!found && tier === 'application' && asked.length > 0) return { fate: 'no-rule' };
  }
  return { fate: 'passed' };
}

function contentsOf(policies: readonly Policy[], order: Map<number, string>): Contents {
  const scene = sceneOf(policies);
  const sets = setsOf(scene, 'red', GROUPS[0]!);
  for (const { policy, hits } of policiesIn(scene, 'red')) for (const way of WAYS) for (const [i, hit] of hits[way].entries()) order.set(hit, `${policy.metadata.name} ${way} ${i}`);
  const { limits: _, ...contents } = control({
    members: [{ port: 0, in: tiersOf(sets.ingress), out: tiersOf(sets.egress) }],
    addresses: ADDRESSES.map((address, i) => ({ address, identity: i + 1 })),
    sets: WAYS.flatMap(way => Object.values(sets[way])).map(set => ({ number: set.number, closed: set.closed, rules: rulesOf(scene, 'red', set) })),
    epoch: { rules: 1, members: 1 },
  });
  return { ...contents, limits: { connections: 60_000, nsPerRefusal: 0, burstRefusals: 1 } } as Contents;
}

function frameOf({ way, address, protocol, port }: Opening, n: number): Uint8Array {
  const six = address.includes(':');
  const own = six ? OWN.six : OWN.four;
  const [src, dst] = way === 'ingress' ? [address, own] : [own, address];
  const layer = protocol === 'tcp' ? tcp({ srcPort: 10_000 + n, dstPort: port, flags: 'S' }) : protocol === 'udp' ? udp({ srcPort: 10_000 + n, dstPort: port }) : six ? icmpv6({ type: 128, id: n }) : icmp({ type: 8, id: n });
  return build([eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }), six ? ipv6({ src, dst }) : ipv4({ src, dst }), layer]);
}

const portText = fc.constantFrom('tcp', 'udp', 'icmp', 'tcp/80', 'tcp/0-1023', 'tcp/79-443', 'udp/1-65535', 'tcp/5432', 'udp/443-1024', 'tcp/1024-65535');
interface Far { readonly group?: Labels; readonly cidr?: readonly string[]; readonly except?: readonly string[] }
const far = fc.oneof(
  fc.constant<Far>({}), fc.record({ group: fc.constantFrom<Labels>({}, { tier: 'web' }, { tier: 'db' }, { env: 'test' }) }),
  fc.constantFrom<Far>(
    { cidr: ['0.0.0.0/0'] }, { cidr: ['::/0'] }, { cidr: ['192.0.2.0/24', '2001:db8::/32'] }, { cidr: ['192.0.2.64/26'] }, { cidr: ['192.0.2.0/24'], except: ['192.0.2.64/26'] },
    { cidr: ['0.0.0.0/0', '192.0.2.77/32'], except: ['192.0.2.0/24'] }, { cidr: ['2001:db8::/32'], except: ['2001:db8:1::/48'] }, { cidr: ['10.1.0.0/16'] },
  ),
);
const rules = fc.array(fc.record({ action: fc.constantFrom(undefined, 'allow', 'deny', 'reject', 'pass'), far, ports: fc.option(fc.uniqueArray(portText, { minLength: 1, maxLength: 3 }), { nil: undefined }) }), { maxLength: 4 });
const policy = fc.record({
  tier: fc.constantFrom(undefined, ...TIERS), priority: fc.constantFrom(undefined, 0, 5), group: fc.constantFrom<Labels>({}, { tier: 'web' }, { tier: 'db' }),
  ingress: fc.option(rules, { nil: undefined }), egress: fc.option(rules, { nil: undefined }),
});
const policies = fc.array(policy, { maxLength: 5 }).map(list => list.map(({ ingress, egress, ...spec }, i): Policy => {
  const named = (list: typeof ingress, name: string): unknown => list?.map(({ far, ...rule }) => { const { group, ...where }: Far = far; return ({ ...rule, ...where, ...group && { [name]: group } }); });
  return policySchema.parse({ apiVersion: 'iovisor/v1', kind: 'Policy', metadata: { domain: 'red', name: `p${(i * 7) % 10}` }, spec: { ...spec, ingress: named(ingress, 'from'), egress: named(egress, 'to') } });
}));
const opening = fc.record({ way: fc.constantFrom(...WAYS), far: fc.oneof(fc.nat(2).map(i => ({ identity: i + 1, address: ADDRESSES[i]! })), fc.constantFrom(...OUTSIDE).map(address => ({ identity: 0, address }))), protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'icmp' as const), port: fc.constantFrom(...PORTS) })
  .map(({ far: end, ...rest }): Opening => ({ ...rest, ...end }));

test('tiers, priorities, denials, exceptions and ranges: what a packet meets is what the policies say, one by one', () => {
  const image = imageOf('modules/firewall/firewall.ts');
  const engine = openCaseEngine('vm');
  // One element for all: other policies are other sets, and each packet is of another flow.
  const element = new CaseElement(engine, image, {});
  let n = 0;
  const counts = (): Map<number, bigint> => new Map(element.entries('hits').map(({ key, value }) => [key as number, (value as { readonly packets: bigint }).packets]));
  try {
    fc.assert(fc.property(policies, fc.array(opening, { minLength: 12, maxLength: 12 }), (list, openings) => {
      const names = new Map<number, string>();
      element.change(contentsOf(list, names));
      const [before, expected] = [counts(), new Map<string, number>()];
      for (const one of openings) {
        const { fate, by } = walked(list, one);
        const { verdict } = element.send({ by: one.way, frame: frameOf(one, n++), meta: { sourceGroup: one.way === 'ingress' ? one.identity : 1 } });
        const happened = verdict?.exit === 'drop' ? image.sites[verdict.value]!.reason : verdict?.exit === 'reply' ? 'replied' : 'passed';
        assert.equal(happened, fate, JSON.stringify(one));
        if (by !== undefined) expected.set(by, (expected.get(by) ?? 0) + 1);
      }
      const counted = [...counts()].flatMap(([key, packets]) => packets === (before.get(key) ?? 0n) ? [] : [[names.get(key)!, Number(packets - (before.get(key) ?? 0n))] as const]);
      assert.deepEqual(new Map(counted.sort()), new Map([...expected].sort()));
    }), { numRuns: 100 });
  } finally { engine.close(); }
});
