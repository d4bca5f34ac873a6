// What the vm group measures: one packet's way through a C file, from computing alone to maps alone. The files and packets are the compiler
// group's, but for sum.c, which has no module.

import type { Image } from '../../src/image/image.ts';
import { data, eth, ipv4, udp } from '../../src/lang/packets.ts';
import { build } from '../../src/lang/packets/build.ts';
import type { Subject, Work } from '../compiler/subject.ts';
import { bridge } from '../compiler/subjects/bridge.ts';
import { maglev } from '../compiler/subjects/maglev.ts';
import { router } from '../compiler/subjects/router.ts';
import { moduleImage } from '../module-image.ts';

export interface Measured { readonly subject: Subject; readonly work: Work; readonly image: () => Image; readonly bound: 'compute' | 'maps' }

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
const noModule: Image = { format: 1, name: 'sum', target: '6.1', kind: 'module', files: [], ports: [], programs: [], maps: [], sites: [] };

const work = (subject: Subject, name: string): Work => {
  const found = subject.works.find(one => one.name === name);
  if (!found) throw new Error(`${subject.name} has no work '${name}'`);
  return found;
};
const measured = (subject: Subject, name: string): Measured => ({ subject, work: work(subject, name), image: () => moduleImage(subject.module), bound: 'maps' });

export const MEASURED: readonly Measured[] = [
  ...sum.works.map((one): Measured => ({ subject: sum, work: one, image: () => noModule, bound: 'compute' })),
  measured(bridge, 'unicast to a known station'),
  measured(maglev, 'packet to a service'),
  measured(router, 'by the default route'),
];
