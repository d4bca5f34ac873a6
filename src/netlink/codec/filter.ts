// Traffic control messages, as much as eBPF programs at a device's ingress need: the clsact qdisc and cls_bpf filters in direct action
// (kernel: include/uapi/linux/rtnetlink.h, pkt_cls.h, pkt_sched.h).
//
//     struct tcmsg   0 family, 4 ifindex, 8 handle, 12 parent, 16 priority << 16 | protocol (network order)

import { attribute, decodeAttributes, readU32 } from './attributes.ts';
import { NLM_F, type Request } from './messages.ts';

export const RTM_TC = { NEWQDISC: 36, DELQDISC: 37, GETQDISC: 38, NEWFILTER: 44, DELFILTER: 45, GETFILTER: 46 } as const;
const TCA = { KIND: 1, OPTIONS: 2 } as const;
const TCA_BPF = { FD: 6, NAME: 7, FLAGS: 8, ID: 11 } as const;
const DIRECT_ACTION = 1;
/** TC_H_CLSACT, and its ingress and egress. */
const CLSACT = 0xffff_fff1, CLSACT_HANDLE = 0xffff_0000;
export const CLSACT_WAY = { ingress: 0xffff_fff2, egress: 0xffff_fff3 } as const;
export type ClsactWay = keyof typeof CLSACT_WAY;
/** htons(ETH_P_ALL) */
const ALL_PROTOCOLS = 0x0300;
const BODY_BYTES = 20;

export interface FilterPlace { readonly ifindex: number; readonly way: ClsactWay; readonly priority: number; readonly handle: number }
export interface BpfFilter extends FilterPlace { readonly kind: string; readonly name: string; readonly programId: number | undefined }

export function clsactRequest(action: 'add' | 'delete', ifindex: number): Request {
  return {
    type: action === 'add' ? RTM_TC.NEWQDISC : RTM_TC.DELQDISC, flags: action === 'add' ? NLM_F.CREATE | NLM_F.EXCL : 0,
    body: body(ifindex, CLSACT_HANDLE, CLSACT, 0), attributes: [attribute.text(TCA.KIND, 'clsact')],
  };
}

/** Makes the filter, or puts the program in the place of the one that is there: each packet meets the one or the other. */
export function filterRequest(action: 'put' | 'delete', at: FilterPlace, program?: { readonly fd: number; readonly name: string }): Request {
  const where = body(at.ifindex, at.handle, CLSACT_WAY[at.way], (at.priority << 16 | ALL_PROTOCOLS) >>> 0);
  if (action === 'delete' || !program) return { type: RTM_TC.DELFILTER, flags: 0, body: where, attributes: [attribute.text(TCA.KIND, 'bpf')] };
  return {
    type: RTM_TC.NEWFILTER, flags: NLM_F.CREATE, body: where,
    attributes: [attribute.text(TCA.KIND, 'bpf'), attribute.nested(TCA.OPTIONS, [attribute.u32(TCA_BPF.FD, program.fd), attribute.text(TCA_BPF.NAME, program.name), attribute.u32(TCA_BPF.FLAGS, DIRECT_ACTION)])],
  };
}

export function filterDump(ifindex: number, way: ClsactWay): Request {
  return { type: RTM_TC.GETFILTER, flags: 0, body: body(ifindex, 0, CLSACT_WAY[way], 0), attributes: [] };
}

/** Undefined: no message of a filter, or one without a handle, which stands for the list that it is in. */
export function decodeFilter(payload: Uint8Array, way: ClsactWay): BpfFilter | undefined {
  if (payload.byteLength < BODY_BYTES) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const all = decodeAttributes(payload.subarray(BODY_BYTES));
  const options = decodeAttributes(all.get(TCA.OPTIONS) ?? new Uint8Array(0));
  const handle = view.getUint32(8, true);
  if (handle === 0) return undefined;
  return { ifindex: view.getInt32(4, true), way, priority: view.getUint32(16, true) >>> 16, handle, kind: text(all.get(TCA.KIND)), name: text(options.get(TCA_BPF.NAME)), programId: readU32(options.get(TCA_BPF.ID)) };
}

function body(ifindex: number, handle: number, parent: number, info: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(BODY_BYTES));
  view.setInt32(4, ifindex, true);
  view.setUint32(8, handle, true);
  view.setUint32(12, parent, true);
  view.setUint32(16, info, true);
  return new Uint8Array(view.buffer);
}

function text(value: Uint8Array | undefined): string {
  return new TextDecoder().decode(value ?? new Uint8Array(0)).replace(/\0+$/, '');
}
