// Who is alike to a set of rules: identities, and addresses outside, that the same rules are about are one group. So a table of what
// rules say of groups is as large as the rules, not as rules times whom they are about.

import { parsePrefix } from '../../src/model/address.ts';
import { Numbers } from '../../src/model/hash32.ts';
import type { Rule } from './firewall.control.ts';

/** `rules`: their ranks, in order. */
export interface Class { readonly group: number; readonly rules: readonly number[] }

export interface Classes {
  /** Rules about everyone. */
  readonly everyone: readonly number[];
  readonly groups: readonly Class[];
  readonly identities: readonly { readonly identity: number; readonly group: number }[];
  /** By the longest prefix; `bits` of 128. Of group 0 are those that are excepted of a larger one. */
  readonly outside: readonly { readonly address: string; readonly bits: number; readonly group: number }[];
}

export function classesOf(rules: readonly Rule[]): Classes {
  const everyone = rules.flatMap(({ identities, cidr }, rank) => identities === undefined && cidr === undefined ? [rank] : []);
  const groups = new Groups();
  const named = new Map<number, number[]>();
  for (const [rank, rule] of rules.entries()) {
    for (const identity of new Set(rule.identities)) {
      const list = named.get(identity);
      if (list) list.push(rank); else named.set(identity, [rank]);
    }
  }
  const identities = [...named].sort(([a], [b]) => a - b).map(([identity, ranks]) => ({ identity, group: groups.of(ranks) }));
  const outside = regionsOf(rules).map(({ address, bits, ranks }) => ({ address, bits, group: groups.of(ranks) }));
  return { everyone, groups: groups.all, identities, outside };
}

/** A number for each list of ranks. */
class Groups {
  readonly #numbers = new Numbers();
  readonly #classes = new Map<number, Class>();

  of(rules: readonly number[]): number {
    if (rules.length === 0) return 0;
    const group = this.#numbers.of(rules.join());
    this.#classes.set(group, { group, rules });
    return group;
  }

  get all(): readonly Class[] {
    return [...this.#classes.values()];
  }
}

/** Of 128 bits: IPv4 as ::ffff:a.b.c.d. */
interface Prefix { readonly address: string; readonly value: bigint; readonly bits: number; readonly ranks: number[]; readonly excepted: number[] }

const MAPPED = 0xffffn << 32n;
const EVERY_IPV4 = '0.0.0.0/0';

/** Each prefix that rules name, with the rules that are about what is in it and in no longer one. */
function regionsOf(rules: readonly Rule[]): { address: string; bits: number; ranks: readonly number[] }[] {
  const prefixes = new Map<string, Prefix>();
  const prefix = (text: string): Prefix => {
    const had = prefixes.get(text);
    if (had) return had;
    const { family, value, bits } = parsePrefix(text)!;
    const address = text.slice(0, text.indexOf('/'));
    const made: Prefix = { address, ranks: [], excepted: [], ...family === 4 ? { value: MAPPED | value, bits: 96 + bits } : { value, bits } };
    prefixes.set(text, made);
    return made;
  };
  for (const [rank, { cidr = [], except = [] }] of rules.entries()) {
    for (const one of cidr) push(prefix(one).ranks, rank);
    for (const one of except) push(prefix(one).excepted, rank);
  }
  // ::/0 is IPv6 alone, though every IPv4 address is within it.
  if ([...prefixes.values()].some(one => one.bits <= 96 && holds(one, { value: MAPPED, bits: 96 }))) prefix(EVERY_IPV4);
  const sorted = [...prefixes.values()].sort((a, b) => a.value < b.value ? -1 : a.value > b.value ? 1 : a.bits - b.bits);
  const around: { prefix: Prefix; within: readonly number[]; excepted: readonly number[] }[] = [];
  return sorted.map(one => {
    while (around.length > 0 && !holds(around.at(-1)!.prefix, one)) around.pop();
    const outer = one.bits === 96 && one.value === MAPPED ? undefined : around.at(-1);
    const within = merged(outer?.within ?? [], one.ranks);
    const excepted = merged(outer?.excepted ?? [], one.excepted);
    around.push({ prefix: one, within, excepted });
    const not = new Set(excepted);
    return { address: one.address, bits: one.bits, ranks: not.size === 0 ? within : within.filter(rank => !not.has(rank)) };
  });
}

function push(list: number[], rank: number): void {
  if (list.at(-1) !== rank) list.push(rank);
}

function merged(a: readonly number[], b: readonly number[]): readonly number[] {
  return b.length === 0 ? a : a.length === 0 ? b : [...new Set([...a, ...b])].sort((x, y) => x - y);
}

function holds(outer: Pick<Prefix, 'value' | 'bits'>, inner: Pick<Prefix, 'value' | 'bits'>): boolean {
  return outer.bits <= inner.bits && (outer.value ^ inner.value) >> BigInt(128 - outer.bits) === 0n;
}
