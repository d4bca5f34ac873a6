// What travels with a packet but is not in it: the record of abi.ts in skb->cb, and fields of the context.

import { META, SKB, XDP } from '../../image/abi.ts';
import type { ExprOf, MetaField, Place, Target } from '../2-check/tree.ts';
import type { Value } from '../ir/ir.ts';
import { HELPER } from './kernel-functions.ts';
import { NO_PACKET, type Outcome, type Path } from './path.ts';
import type { State } from './state.ts';
import { makeUpdates } from './updates.ts';
import { scalar, UNDEFINED, type Lowered } from './value.ts';
import { packetLength } from './resize.ts';
import { loadPacket } from './views.ts';

/** EtherType 0x8100 as the kernel's call wants it: network order. */
const TAG_8021Q = 0x0081;

const META_BYTES: Readonly<Record<MetaField, 1 | 4>> = { domain: 4, sourceEndpoint: 4, sourceGroup: 4, hops: 1, tunnelKey: 4, conntrack: 1 };

export function loadMeta(s: State, name: MetaField): Lowered {
  return scalar(s.b.load(s.b.ctx, META[name], META_BYTES[name]));
}

export function storeMeta(s: State, target: Target & { kind: 'meta-field' }, value: Lowered): void {
  if (value.kind !== 'scalar') { s.notYet('this value in the packet\'s record', target.at); return; }
  s.b.store(s.b.ctx, META[target.name], META_BYTES[target.name], value.value);
}

export function loadPacketField(s: State, e: ExprOf<'packet-field'>): Outcome[] {
  const one = (value: Lowered): Outcome[] => [{ path: s.take(), value }];
  const xdp = s.module.kind === 'xdp';
  switch (e.name) {
    case 'port': return xdp ? s.notYet('pkt.port on XDP', e.at) : one(scalar(s.b.load(s.b.ctx, META.port, 2)));
    case 'length': return one(scalar(packetLength(s)));
    case 'gsoSize': return one(scalar(s.b.load(s.b.ctx, SKB.gso_size, 4)));
    case 'queue': return one(scalar(s.b.load(s.b.ctx, XDP.rx_queue_index, 4)));
    case 'vlan': {
      loadPacket(s);
      const tagged = s.branch('ne', s.b.load(s.b.ctx, SKB.vlan_present, 4), s.b.i32(0));
      const all: Outcome[] = tagged.no.map(path => ({ path, value: UNDEFINED }));
      for (const path of tagged.yes) {
        s.resume(path);
        const id = s.alu('and', s.b.load(s.b.ctx, SKB.vlan_tci, 4), s.b.i32(0xfff));
        all.push({ path: s.take(), value: scalar(id) });
      }
      return all;
    }
  }
}

/** The outermost tag. It is beside the packet's bytes, or the kernel puts it there. */
export function storeVlan(s: State, value: Lowered, at: Place): Path[] {
  const { b } = s;
  makeUpdates(s, at);
  const moved = (helper: number, args: Value[]): void => { s.b.call(helper, args, { movesPacket: true }); s.packet = NO_PACKET; };
  const tagged = s.branch('ne', b.load(b.ctx, SKB.vlan_present, 4), b.i32(0));
  const untagged = [...tagged.no];
  for (const path of tagged.yes) { s.resume(path); moved(HELPER.skb_vlan_pop, [b.ctx]); untagged.push(s.take()); }
  s.join(untagged, at);
  const push = (id: Lowered): void => {
    if (id.kind !== 'scalar') { s.notYet('this tag', at); return; }
    moved(HELPER.skb_vlan_push, [b.ctx, b.i64(TAG_8021Q), b.zext(s.alu('and', id.value, b.i32(0xfff)))]);
  };
  if (value.kind === 'undefined') return [s.take()];
  if (value.kind !== 'optional') { push(value); return [s.take()]; }
  const there = s.branch('ne', value.present, b.i32(0));
  const ends = [...there.no];
  for (const path of there.yes) { s.resume(path); push(value.value); ends.push(s.take()); }
  return ends;
}
