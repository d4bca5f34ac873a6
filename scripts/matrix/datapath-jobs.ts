// The programs that a server's data path loads for one element: the module with the real joints, its flooding, the entries of
// endpoints and of the tunnel. They are taken from the composition itself, as it gives them to an engine.

import { ComposedDatapath } from '../../src/datapath/compose/datapath.ts';
import type { MapShape, PinnedMap } from '../../src/datapath/compose/engine.ts';
import type { Linked } from '../../src/datapath/link/link.ts';
import { VmEngine } from '../../src/datapath/vm/engine.ts';
import { Lab } from '../../src/datapath/vm/lab.ts';
import type { Image } from '../../src/image/image.ts';
import type { Contents } from '../../src/image/values.ts';
import { MAP_FLAG, mapSpecOf, type MapSpec } from '../../src/kernel/map-types.ts';
import { base64, type Job, type JobMap } from './job.ts';

const HOSTS = ['one', 'two'];

export function datapathJobs(subject: string, image: Image, contents: Contents): Job[] {
  const lab = new Lab();
  for (const host of HOSTS) lab.addHost(host);
  const engine = new Recorder(lab, subject, image.target);
  const datapath = new ComposedDatapath(engine);
  datapath.putImage('image', image);
  datapath.putTunnel({ local: '192.0.2.1', udpPort: 4789 });
  datapath.putElement({
    uid: 'element', id: 1, imageHash: 'image', contents,
    wires: [...HOSTS.map((endpoint, port) => ({ port, to: 'endpoint' as const, endpoint })), { port: HOSTS.length, to: 'tunnel' as const, remote: '192.0.2.2', vni: 1 }],
  });
  for (const [port, uid] of HOSTS.entries()) {
    datapath.putEndpoint({
      uid, id: port + 1, domain: 1, group: 1, element: 'element', port, netns: uid, device: 'eth0', mac: `02:00:00:00:00:0${port + 1}`,
      addresses: [`10.0.0.${port + 1}/24`], mtu: 1450,
    });
  }
  datapath.close();
  return engine.jobs;
}

/** A simulated server's engine that remembers what it was asked to load. */
class Recorder extends VmEngine {
  readonly jobs: Job[] = [];
  readonly #maps = new Map<number, JobMap>();
  readonly #subject: string;
  readonly #target: string;

  constructor(lab: Lab, subject: string, target: string) {
    super(lab, 'server');
    this.#subject = subject;
    this.#target = target;
  }

  override createMap(name: string, shape: MapShape): PinnedMap {
    const map = super.createMap(name, shape);
    this.#maps.set(map.handle, { handle: map.handle, spec: specOf(name, shape), entries: [], frozen: false });
    return map;
  }

  override freezeMap(map: PinnedMap): void {
    super.freezeMap(map);
    const entries = [...map.live.entries()].map(([key, value]) => [base64(key), base64(value)] as const);
    this.#maps.set(map.handle, { ...this.#maps.get(map.handle) as JobMap, entries, frozen: true });
  }

  override loadProgram(name: string, linked: Linked): void {
    super.loadProgram(name, linked);
    // One endpoint's entry is as good as another's.
    const program = name.replace(/^e_.*$/, 'main').replace(/^f_.*$/, 'flooding').replace(/^entry_.*$/, 'entry of an endpoint');
    if (this.jobs.some(job => job.program === program)) return;
    this.jobs.push({
      subject: this.#subject, program, joined: 'datapath', target: this.#target, hook: 'tc', code: base64(linked.code),
      maps: [...this.#maps.values()], files: linked.files, lines: linked.lines,
    });
  }
}

/** As the kernel engine makes them. */
function specOf(name: string, shape: MapShape): MapSpec {
  const { kind, keyBytes, valueBytes, capacity } = shape;
  if (kind === 'programs') return { name, type: 'PROG_ARRAY', keyBytes, valueBytes, capacity };
  const spec = mapSpecOf({ ...shape, name, kind });
  return kind === 'hash' || kind === 'hash-of-maps' || kind === 'expiring' || kind === 'percpu-hash' ? { ...spec, flags: (spec.flags ?? 0) | MAP_FLAG.NO_PREALLOC } : spec;
}
