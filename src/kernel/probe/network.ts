// Probes of devices and attach points. Each runs in a namespace of its own that has no name, and is gone with the probe.

import { withNewNamespace } from '../../sys/namespace.ts';
import { Netlink } from '../../netlink/client.ts';
import { addClsact, putFilter } from '../../netlink/filters.ts';
import { createVeth, createVxlan, indexOf, setLink } from '../../netlink/links.ts';
import { loadProgram } from '../program.ts';
import { attachTcx, TCX } from '../tcx.ts';
import { attachXdp, XDP_ACTION } from '../xdp.ts';
import { verdictProgram } from './bpf.ts';
import { type Answer, type Probe, YES } from './probe.ts';

const SOME_UDP_PORT = 4789;

export const NETWORK_PROBES: readonly Probe[] = [
  {
    name: 'namespaces', title: 'network namespaces', need: 'required', cure: 'use a kernel with CONFIG_NET_NS; in a container, run it with --privileged',
    run: () => alone(() => YES),
  },
  {
    name: 'veth', title: 'veth pairs', need: 'required', cure: 'load the module veth',
    run: () => alone(netlink => {
      createVeth(netlink, { name: 'a' }, { name: 'b' });
      return YES;
    }),
  },
  {
    name: 'tcx', title: 'tcx attach points', need: 'useful', cure: 'use Linux 6.6 or newer with CONFIG_NET_XGRESS; without it programs are attached by clsact',
    run: () => alone(() => {
      using program = loadProgram({ name: 'probe', hook: 'tc', code: verdictProgram(TCX.NEXT) });
      for (const direction of ['ingress', 'egress'] as const) attachTcx({ program, ifindex: 1, direction, order: 'first' }).close();
      return YES;
    }),
  },
  {
    name: 'clsact', title: 'the clsact qdisc with eBPF filters, in the place of tcx', need: 'useful', cure: 'load the modules sch_ingress and cls_bpf (CONFIG_NET_SCH_INGRESS, CONFIG_NET_CLS_BPF)',
    run: () => alone(netlink => {
      using program = loadProgram({ name: 'probe', hook: 'tc', code: verdictProgram(TCX.NEXT) });
      addClsact(netlink, 1);
      putFilter(netlink, { ifindex: 1, way: 'ingress', priority: 1, handle: 1 }, { fd: program.fd, name: 'probe' });
      return YES;
    }),
  },
  {
    name: 'xdp', title: 'XDP on veth', need: 'useful', cure: 'use a kernel whose veth has XDP (4.19 or newer)',
    run: () => alone(netlink => {
      createVeth(netlink, { name: 'a' }, { name: 'b' });
      using program = loadProgram({ name: 'probe', hook: 'xdp', code: verdictProgram(XDP_ACTION.PASS) });
      attachXdp({ program, ifindex: indexOf(netlink, 'a'), mode: 'driver' }).close();
      return YES;
    }),
  },
  {
    name: 'vxlan', title: 'VXLAN device in external mode that carries groups', need: 'required', cure: 'load the module vxlan',
    run: () => alone(netlink => {
      createVxlan(netlink, { name: 'x', mode: 'external', udpPort: SOME_UDP_PORT, groupPolicy: true });
      setLink(netlink, 'x', { state: 'up' });
      return YES;
    }),
  },
];

function alone(body: (netlink: Netlink) => Answer): Answer {
  return withNewNamespace(() => {
    using netlink = new Netlink();
    return body(netlink);
  });
}
