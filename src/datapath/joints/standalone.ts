// The joints of a module that stands alone on devices of this machine (`iov module run`): no elements, no wires, no tunnel. What passes
// goes on as if the module were not there; what is dropped is counted at its site; `to` and `reply` are redirects between the devices.
//
// Every packet is counted once, per CPU: at a site of the module, at one of the joints, or under one of OUTCOMES.

import type { Effect, Exit } from '../../image/image.ts';
import type { MapHandle, Piece } from '../link/piece.ts';
import { REPAIRS } from './repairs.ts';
import { instantiate, joint, siteConstants, type Joint, type JointSite } from './joint.ts';

export const OUTCOMES = ['passed', 'replied', 'sent', 'flooded'] as const;
type OutcomeName = (typeof OUTCOMES)[number];

/** Where one program of a module is attached. */
export type StandalonePoint =
  | { readonly hook: 'xdp' }
  /** A filter's way: `ingress` is what the device receives. */
  | { readonly hook: 'tc'; readonly way: 'ingress' | 'egress'; readonly ifindex: number }
  /** A port of a module, among all of them. */
  | { readonly hook: 'tc'; readonly way: 'port'; readonly ifindex: number; readonly port: number; readonly ports: readonly StandalonePort[] };

export interface StandalonePort { readonly port: number; readonly ifindex: number }

const FILE = 'src/datapath/joints/standalone.ts';
/** Marks the answer of a filter in skb->tc_index, so that the other way of the same filter lets it pass: no answer is answered. */
const OWN_ANSWER = 0x10f1;

/** r2 = index to count; leaves ctx in r6. Stack: -4 the index, as a key. */
const count = `
  mov %r6, %r1
  stxw [%r10-4], %r2
  lddw %r1, map(sites)
  mov %r2, %r10
  add %r2, -4
  call map_lookup_elem
  jeq %r0, 0, counted
  ldxdw %r1, [%r0]
  add %r1, 1
  stxdw [%r0], %r1
counted:
`;

/** The packet's record (image/abi.ts): what was there is another's. */
const record = `
  mov %r2, const(port)
  stxw [%r1+48], %r2
  mov %r2, 0
  stxw [%r1+52], %r2
  stxw [%r1+56], %r2
  stxw [%r1+60], %r2
  stxw [%r1+64], %r2
`;

const arrivalOfFilter = `
  ldxw %r2, [%r1+44]               # tc_index
  jne %r2, ${OWN_ANSWER}, new
  mov %r2, 0
  stxw [%r1+44], %r2
  mov %r0, -1                      # TCX_NEXT
  exit
new:
${record}`;

const outcome = (name: OutcomeName, end: string): string => `  mov32 %r2, const(outcome:${name})\n${count}${end}\n  exit\n`;
const ended = (verdict: number): string => `${count}  mov %r0, ${verdict}\n  exit\n`;

/** BPF_F_INGRESS: as if the device had received it. */
const back = (flags: 0 | 1): string => `  mov %r2, ${OWN_ANSWER}\n  stxw [%r6+44], %r2\n  mov %r1, const(ifindex)\n  mov %r2, ${flags}\n  call redirect`;

function to(ports: readonly StandalonePort[]): string {
  return `${ports.map((p, i) => `  jeq %r2, ${p.port}, port${i}\n`).join('')}
  mov32 %r2, const(site:no-such-port)
  ja exit(drop)
${ports.map((p, i) => `port${i}:\n  mov32 %r7, ${p.ifindex}\n  ja out\n`).join('')}
out:
${outcome('sent', '  mov %r1, %r7\n  mov %r2, 0\n  call redirect')}`;
}

function flood(others: readonly StandalonePort[]): string {
  const last = others.at(-1);
  if (last === undefined) return '  mov32 %r2, const(site:no-other-port)\n  ja exit(drop)\n';
  const copies = others.slice(0, -1).map(p => `  mov %r1, %r6\n  mov %r2, ${p.ifindex}\n  mov %r3, 0\n  call clone_redirect\n`).join('');
  return outcome('flooded', `${copies}  mov %r1, ${last.ifindex}\n  mov %r2, 0\n  call redirect`);
}

/** Called, and comes back. Stack: -4 the index of a site, as a key. */
function mirror(ports: readonly StandalonePort[]): string {
  const counted = (site: string): string => `  mov32 %r2, const(site:${site})\n  mov %r1, %r6\n  ja failed\n`;
  return `  mov %r6, %r1
${ports.map((p, i) => `  jeq %r2, ${p.port}, port${i}\n`).join('')}
${counted('mirror-no-such-port')}
${ports.map((p, i) => `port${i}:\n  mov32 %r2, ${p.ifindex}\n  ja copy\n`).join('')}
copy:
  mov %r1, %r6
  mov %r3, 0
  call clone_redirect
  jeq %r0, 0, end
${counted('mirror-refused')}
failed:
${count}
end:
  mov %r0, 0
  exit
`;
}

const made = (name: string, text: string): Joint => joint({ name, file: FILE, line: 1, text });

interface StandaloneJoints {
  readonly prologue?: Piece;
  readonly joints: ReadonlyMap<Exit | Effect, Piece>;
}

/** Sites of these joints, counted behind those of the module and before OUTCOMES. */
export const STANDALONE_SITES: readonly JointSite[] = [
  { reason: 'no-such-port', file: FILE, line: 1 },
  { reason: 'no-other-port', file: FILE, line: 1 },
  { reason: 'mirror-no-such-port', file: FILE, line: 1 },
  { reason: 'mirror-refused', file: FILE, line: 1 },
];

/** `base`: sites of the module, whose counters come first in the map `sites` (u64, per CPU). */
export function standaloneJoints(point: StandalonePoint, sites: MapHandle, base: number): StandaloneJoints {
  const port = point.hook === 'tc' && point.way === 'port' ? point.port : 0;
  const around = {
    maps: { sites },
    constants: {
      port, ifindex: point.hook === 'tc' ? point.ifindex : 0, ...siteConstants(STANDALONE_SITES, base),
      ...Object.fromEntries(OUTCOMES.map((name, i) => [`outcome:${name}`, base + STANDALONE_SITES.length + i])),
    },
  };
  const { prologue, ...texts } = textsOf(point);
  const piece = (name: string, text: string): Piece => instantiate(made(name, text), around);
  const drop = piece('drop', texts.drop);
  return {
    ...(prologue !== undefined && { prologue: piece('prologue', prologue) }),
    joints: new Map<Exit | Effect, Piece>([
      ...REPAIRS,
      ['drop', drop], ['punt', drop], ['next', piece('next', texts.next)], ['reply', piece('reply', texts.reply)],
      ['to', piece('to', texts.to)], ['flood', piece('flood', texts.flood)],
      ...(point.hook === 'tc' && point.way === 'port' ? [['mirror', piece('mirror', mirror(point.ports))] as const] : []),
    ]),
  };
}

function textsOf(point: StandalonePoint): { readonly prologue?: string; readonly drop: string; readonly next: string; readonly reply: string; readonly to: string; readonly flood: string } {
  const XDP = { drop: 1, pass: 2, tx: 3 }, TC = { next: -1, shot: 2 };
  if (point.hook === 'xdp') {
    return { drop: ended(XDP.drop), next: outcome('passed', `  mov %r0, ${XDP.pass}`), reply: outcome('replied', `  mov %r0, ${XDP.tx}`), to: to([]), flood: flood([]) };
  }
  const tc = { drop: ended(TC.shot), next: outcome('passed', `  mov %r0, ${TC.next}`) };
  if (point.way !== 'port') return { ...tc, prologue: arrivalOfFilter, reply: outcome('replied', back(point.way === 'ingress' ? 0 : 1)), to: to([]), flood: flood([]) };
  const own = `  mov %r1, const(ifindex)\n  mov %r2, 0\n  call redirect`;
  return { ...tc, prologue: record, reply: outcome('replied', own), to: to(point.ports), flood: flood(point.ports.filter(p => p.port !== point.port)) };
}
