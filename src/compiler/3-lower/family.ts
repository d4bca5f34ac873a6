// Translated packets: the kernel keeps a packet's family (skb->protocol) beside its bytes. A module that writes an EtherType of the other family
// owes it to the kernel; it is told where somebody could tell, before a verdict or a copy (image/abi.ts, the effect `family`).

import type { Place } from '../2-check/tree.ts';
import { constOf } from '../ir/ir.ts';
import { NO_PACKET, type Key, type Memo, type Path } from './path.ts';
import type { State } from './state.ts';
import type { Lowered, View } from './value.ts';

/** There once the EtherType was written: OWED until it is told. */
export const FAMILY: Memo = { memo: 'family' };
/** What the kernel and the bytes say on this path: one of FAMILIES. */
const KNOWN: Memo = { memo: 'family' };
const OWED: Lowered = { kind: 'void' };
const TOLD: Lowered = { kind: 'void' };
/** By EtherType, and by what then follows. Paths that meet go on with what is the same object on all. */
const FAMILIES: ReadonlyMap<bigint, Lowered> = new Map([[0x0800n, { kind: 'void' }], [0x86ddn, { kind: 'void' }]]);
const TYPES: Readonly<Record<string, bigint>> = { Ipv4: 0x0800n, Ipv6: 0x86ddn };

const isOutermost = (view: View): boolean => view.header.name === 'Eth' && view.at === 0 && view.by === undefined;

/** A field of a header was read: if it was reached through the EtherType, that says so. */
export function readFamily(s: State, { header, outer }: View): void {
  const type = TYPES[header.name];
  if (type === undefined || outer === undefined || !isOutermost(outer) || s.values.has(FAMILY)) return;
  s.values.set(KNOWN, FAMILIES.get(type) ?? TOLD);
}

/** A field of a header was written. */
export function noteFamily(s: State, view: View, name: string, value: Lowered): void {
  if (s.module.kind === 'xdp' || !isOutermost(view) || name !== 'type' || value.kind !== 'scalar') return;
  const type = constOf(value.value);
  const family = FAMILIES.get(type ?? 0n);
  if (family !== undefined && s.values.get(KNOWN) === family) return;
  s.values.delete(KNOWN);
  s.values.set(FAMILY, family !== undefined || type === undefined ? OWED : s.values.get(FAMILY) ?? TOLD);
}

/** Where paths meet: what is owed on one is owed behind. */
export function joinedFamily(paths: readonly Path[]): Lowered | undefined {
  const all = paths.map(path => path.values.get(FAMILY));
  return all.includes(OWED) ? OWED : all.find(value => value !== undefined);
}

/** Where a round may have written what the next one reads. */
export function forgetFamily(values: Map<Key, Lowered>): void {
  values.delete(KNOWN);
  values.set(FAMILY, TOLD);
}

export function tellFamily(s: State, at: Place): void {
  if (s.values.get(FAMILY) !== OWED) return;
  s.values.set(FAMILY, TOLD);
  const result = s.b.effect('family', [s.b.ctx]);
  s.packet = NO_PACKET;
  const refused = s.branch('ne', result, s.b.i64(0));
  for (const path of refused.yes) { s.resume(path); s.drop('family-refused', at); }
  for (const path of refused.no) s.resume(path);
}
