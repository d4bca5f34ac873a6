// What the vm group measures: one packet's way through a C file, from computing alone to maps alone. The files and packets are the compiler
// group's, but for sum.c and balance.c, which have no module.

import { data, eth, ipv4, tcp, udp } from '../../src/lang/packets.ts';
import { build } from '../../src/lang/packets/build.ts';
import { encoded } from '../compiler/ours.ts';
import type { Sent, Subject, Work } from '../compiler/subject.ts';
import { bridge } from '../compiler/subjects/bridge.ts';
import { router } from '../compiler/subjects/router.ts';
import { imageOf } from '../../src/compiler/fixtures/image-of.ts';
import type { Filled } from './side.ts';

export interface Measured { readonly subject: Subject; readonly work: Work; readonly filled: () => readonly Filled[]; readonly bound: 'compute' | 'maps' }

function filledOf(subject: Subject, name: string): readonly Filled[] {
  const image = imageOf(subject.module);
  const variant = subject.variants.find(one => one.name === name)!;
  return encoded(image, variant).map(({ map, entries }) => ({ decl: image.maps[map]!, entries }))
    .filter(({ decl }) => decl.kind !== 'config' && decl.kind !== 'shape').map(({ decl, entries }) => ({ map: decl.name, entries }));
}

const frame = (bytes: number): Uint8Array => build([
  eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 4000, dstPort: 53 }), data(bytes),
]);
const sumWork = (name: string, bytes: number, port: number): Work =>
  ({ name, variant: 'usual', runs: 'many', sent: { entry: 'main', frame: frame(bytes) }, verdict: `to ${port}` });
const sum: Subject = {
  name: 'sum', module: '', entries: [{ name: 'main', section: 'tc' }], reasons: ['short', 'extension-headers', 'fragment-without-first', 'not-udp', 'ip-checksum', 'udp-checksum'],
  variants: [{ name: 'usual', contents: {} }],
  works: [sumWork('parse, checksum, hash of 64 bytes', 22, 5), sumWork('parse, checksum, hash of 512 bytes', 470, 5)],
  compared: [],
};

const RING = 251;
const le32 = (...values: number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer);
/** As bench/c/balance.c has them: addresses and ports in network order. */
const BALANCED: readonly Filled[] = [
  { map: 'services', entries: [[Uint8Array.of(1, 0, 0, 0, 10, 9, 0, 1, 0, 80, 6, 0), le32(0)]] },
  { map: 'rings', entries: Array.from({ length: RING }, (_, i) => [le32(i), le32(i % 2)] as const) },
  { map: 'backends', entries: [[le32(0), Uint8Array.of(10, 0, 0, 1, 31, 144, 0, 0)], [le32(1), Uint8Array.of(10, 0, 0, 3, 31, 144, 0, 0)]] },
];
const toService: Sent = {
  entry: 'main', frame: build([
    eth({ dst: '02:00:00:00:00:02', src: '02:00:00:00:00:01' }), ipv4({ src: '10.1.0.7', dst: '10.9.0.1' }), tcp({ srcPort: 4000, dstPort: 80, flags: 'A' }), data(26),
  ]),
};
const balance: Subject = {
  name: 'balance', module: '', entries: [{ name: 'main', section: 'tc' }], reasons: ['short', 'extension-headers', 'fragment-without-first', 'no-backend'],
  variants: [{ name: 'usual', contents: {} }],
  works: [{ name: 'Maglev, packet of a known flow', variant: 'usual', runs: 'single', before: [toService], sent: toService, verdict: 'next' }],
  compared: [],
};

const work = (subject: Subject, name: string): Work => {
  const found = subject.works.find(one => one.name === name);
  if (!found) throw new Error(`${subject.name} has no work '${name}'`);
  return found;
};
const measured = (subject: Subject, name: string): Measured => {
  const found = work(subject, name);
  return { subject, work: found, filled: () => filledOf(subject, found.variant), bound: 'maps' };
};

export const MEASURED: readonly Measured[] = [
  ...sum.works.map((one): Measured => ({ subject: sum, work: one, filled: () => [], bound: 'compute' })),
  measured(bridge, 'unicast to a known station'),
  { subject: balance, work: balance.works[0]!, filled: () => BALANCED, bound: 'maps' },
  measured(router, 'by the default route'),
];
