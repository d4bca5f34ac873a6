// All that the kernel engine needs of a machine, asked in the order in which a person would mend it.

import { BPF_PROBES } from './bpf.ts';
import { HELPER_PROBES } from './helper-functions.ts';
import { HOST_PROBES } from './host.ts';
import { NETWORK_PROBES } from './network.ts';
import { ask, type Probe, type ProbeResult } from './probe.ts';

export const PROBES: readonly Probe[] = [...HOST_PROBES, ...BPF_PROBES, ...HELPER_PROBES, ...NETWORK_PROBES];

/** Asks everything; some 50 ms as root. Nothing is changed on the machine. */
export function probeMachine(): ProbeResult[] {
  return PROBES.map(ask);
}

/** The first thing that keeps the kernel engine from working here; undefined: nothing known does. */
export function firstObstacle(results: readonly ProbeResult[]): Exclude<ProbeResult, { answer: 'yes' }> | undefined {
  const refused = results.filter(result => result.need === 'required').filter(result => result.answer !== 'yes');
  return refused.find(result => result.answer === 'no') ?? refused[0];
}
