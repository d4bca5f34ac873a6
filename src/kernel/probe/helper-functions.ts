// Probes of helper functions: a program that calls one is loaded, and the verifier's words say whether it knows the function.

import { encode } from '../../isa/encode.ts';
import { loadProgram } from '../program.ts';
import { ProgramRefused } from '../refusal.ts';
import { type Answer, type Probe, YES } from './probe.ts';

interface HelperNeed {
  readonly name: string;
  /** enum bpf_func_id. */
  readonly id: number;
  readonly since: string;
  readonly need: Probe['need'];
}

const NEEDED: readonly HelperNeed[] = [
  { name: 'clone_redirect', id: 13, since: '4.2', need: 'required' },
  { name: 'skb_set_tunnel_key', id: 21, since: '4.3', need: 'required' },
  { name: 'skb_set_tunnel_opt', id: 30, since: '4.6', need: 'required' },
  { name: 'jiffies64', id: 118, since: '5.5', need: 'required' },
  { name: 'ringbuf_output', id: 130, since: '5.8', need: 'required' },
  { name: 'redirect_peer', id: 155, since: '5.10', need: 'required' },
  { name: 'redirect_neigh', id: 152, since: '5.10', need: 'useful' },
  { name: 'check_mtu', id: 163, since: '5.12', need: 'useful' },
];

export const HELPER_PROBES: readonly Probe[] = NEEDED.map(helperProbe);

export function helperProbe(helper: HelperNeed): Probe {
  return {
    name: `helper-${helper.name.replaceAll('_', '-')}`, title: `helper bpf_${helper.name}`, need: helper.need, cure: `use Linux ${helper.since} or newer`,
    run: () => knows(helper),
  };
}

/** Arguments are not given, so every program here is refused or trivial; only an unknown function means no. */
function knows(helper: HelperNeed): Answer {
  const code = encode([{ kind: 'call', id: helper.id }, { kind: 'alu-imm', op: 'mov', width: 64, dst: 0, imm: 0 }, { kind: 'exit' }]);
  try {
    loadProgram({ name: 'probe', hook: 'tc', code }).close();
    return YES;
  } catch (error) {
    if (!(error instanceof ProgramRefused)) throw error;
    if (!/unknown func|invalid func|cannot use helper/.test(error.log)) return YES;
    return { answer: 'no', reason: `tc programs cannot call bpf_${helper.name}`, cure: `use Linux ${helper.since} or newer` };
  }
}
