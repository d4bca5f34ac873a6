// The data path's suite on the kernel: servers and workloads are network namespaces, the underlay is a veth pair.

import { kernelTest } from '../../test/require.ts';
import { kernelWorld } from './fixtures/kernel-world.ts';
import { doorSuite } from './suite-doors.ts';
import { mtuSuite } from './suite-mtu.ts';
import { puntSuite } from './suite-punts.ts';
import { ATTACHED } from './suite-net.ts';
import { tableSuite } from './suite-tables.ts';
import { datapathSuite } from './suite.ts';

const NAME = 'iov-dpt';
const IPV6 = { a: '2001:db8::1', b: '2001:db8::2' } as const;
/** What the family of the underlay makes a difference for. */
const TUNNELLED = /^unicast|^a group|not in the plan/;
/** What goes between servers. */
const BETWEEN = /^unicast|^a group|^two networks|not in the plan|server itself|adopted/;

datapathSuite((name, body) => kernelTest(`kernel: ${name}`, body), t => kernelWorld(t, NAME));
datapathSuite((name, body) => { if (TUNNELLED.test(name)) kernelTest(`kernel, IPv6 underlay: ${name}`, body); }, t => kernelWorld(t, NAME, { underlay: IPV6 }));
datapathSuite((name, body) => { if (ATTACHED.test(name)) kernelTest(`kernel without tcx: ${name}`, body); }, t => kernelWorld(t, NAME, { attachBy: 'clsact' }));
datapathSuite((name, body) => { if (BETWEEN.test(name)) kernelTest(`kernel, IP packets: ${name}`, body); }, t => kernelWorld(t, NAME, { as: 'ip' }));
datapathSuite((name, body) => { if (BETWEEN.test(name)) kernelTest(`kernel, IP packets, IPv6 underlay: ${name}`, body); }, t => kernelWorld(t, NAME, { underlay: IPV6, as: 'ip' }));
doorSuite((name, body) => kernelTest(`kernel: ${name}`, body), t => kernelWorld(t, NAME));
doorSuite((name, body) => kernelTest(`kernel without tcx: ${name}`, body), t => kernelWorld(t, NAME, { attachBy: 'clsact' }));
puntSuite((name, body) => kernelTest(`kernel: ${name}`, body), t => kernelWorld(t, NAME));
mtuSuite((name, body) => kernelTest(`kernel: ${name}`, body), t => kernelWorld(t, NAME));
mtuSuite((name, body) => kernelTest(`kernel, IPv6 underlay: ${name}`, body), t => kernelWorld(t, NAME, { underlay: IPV6 }));
tableSuite((name, body) => kernelTest(`kernel: ${name}`, body), t => kernelWorld(t, NAME));
