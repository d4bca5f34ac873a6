// Packets a second through a path, by an in-kernel generator: an XDP program that redirects live frames of TEST_RUN out of the sender's
// device, each of the next of many flows. They cross the veth pair, enter the path at its first hop, and end at the receiver: at a socket that is
// full, where its stack counts and drops them, or at a program on its device that does. All of it runs on one core, one after the other, so
// nothing is lost while that core keeps up.

import { readFileSync } from 'node:fs';
import { createMap, type KernelMap } from '../../src/kernel/map.ts';
import { type KernelProgram, loadProgram } from '../../src/kernel/program.ts';
import { attachTcx } from '../../src/kernel/tcx.ts';
import { LIVE_FRAMES, testRun } from '../../src/kernel/test-run.ts';
import { data, eth, ipv4, udp } from '../../src/lang/packets.ts';
import { build } from '../../src/lang/packets/build.ts';
import { Netlink } from '../../src/netlink/client.ts';
import { indexOf } from '../../src/netlink/links.ts';
import { withNamespace } from '../../src/sys/namespace.ts';
import { uninterrupted } from '../uninterrupted.ts';
import { switchOffload } from './ethtool.ts';
import { FLOWS, generator, mirror, sink } from './generator.ts';
import { DEVICE, type Path, PORTS } from './path.ts';

const FRAMES = 200_000;
const XDP_MD_BYTES = 24;
const XDP_MD_DATA_END = 4;

/** Where frames end: at the receiver's socket, or at its device, before its stack. */
export type End = 'socket' | 'device';

interface Flooded {
  readonly packetsPerSecond: number;
  /** Part of the frames that did not arrive. */
  readonly lost: number;
}

/** The programs and counters of one path, made once. */
export class Flood implements Disposable {
  readonly #path: Path;
  readonly #frame: Uint8Array<ArrayBuffer>;
  readonly #sent: KernelMap;
  readonly #arrived: KernelMap;
  readonly #generator: KernelProgram;
  readonly #sink: KernelProgram;
  readonly #mirror: KernelProgram;
  readonly #ends: { readonly sender: number; readonly receiver: number };

  constructor(path: Path) {
    const { from, to } = path;
    this.#path = path;
    // The least frame without its check sequence. Without a checksum of UDP, which the generator would have to make anew for each flow.
    this.#frame = build([eth({ dst: to.mac, src: from.mac }), ipv4({ src: from.ip, dst: to.ip }), udp({ srcPort: 0, dstPort: PORTS.frames, checksum: 0 }), data(18)]) as Uint8Array<ArrayBuffer>;
    this.#ends = { sender: deviceIndex(path.sender), receiver: deviceIndex(path.receiver) };
    this.#sent = createMap({ name: 'sent', type: 'ARRAY', keyBytes: 4, valueBytes: 8, capacity: 1 });
    this.#arrived = createMap({ name: 'arrived', type: 'ARRAY', keyBytes: 4, valueBytes: 8, capacity: 1 });
    this.#generator = loadProgram({ name: 'generator', hook: 'xdp', code: generator(this.#ends.sender, this.#sent.fd, this.#frame) });
    this.#sink = loadProgram({ name: 'sink', hook: 'tc', code: sink(this.#arrived.fd) });
    this.#mirror = loadProgram({ name: 'mirror', hook: 'tc', code: mirror(this.#ends.receiver) });
  }

  /** About half a second, during which this thread does nothing else. */
  run(end: End): Flooded {
    switchOffload(this.#path.firstHop, 'gro', 'on');
    try {
      if (!this.#path.asynchronous) this.#open();
      using _link = end === 'device' ? this.#attached('receiver', this.#sink) : undefined;
      const arrivals = (): number => end === 'device' ? count(this.#arrived) : refusedBySockets(this.#path.receiver);
      return uninterrupted(() => {
        const before = arrivals();
        const durationNs = this.#send(FRAMES);
        const arrived = arrivals() - before;
        return { packetsPerSecond: arrived / (durationNs * FRAMES / 1e9), lost: 1 - arrived / FRAMES };
      });
    } finally {
      switchOffload(this.#path.firstHop, 'gro', 'off');
    }
  }

  [Symbol.dispose](): void {
    for (const held of [this.#generator, this.#sink, this.#mirror, this.#sent, this.#arrived]) held.close();
  }

  /** Every flow is asked and answered, twice. */
  #open(): void {
    using _answers = this.#attached('receiver', this.#mirror);
    using _end = this.#attached('sender', this.#sink);
    uninterrupted(() => this.#send(2 * FLOWS));
  }

  #attached(end: 'sender' | 'receiver', program: KernelProgram): Disposable {
    return attachTcx({ program, ifindex: this.#ends[end], direction: 'ingress', order: 'first', netns: this.#path[end] });
  }

  /** The kernel's own time for a frame, in nanoseconds: without the setting up of pages. */
  #send(frames: number): number {
    const context = new Uint8Array(XDP_MD_BYTES);
    new DataView(context.buffer).setUint32(XDP_MD_DATA_END, this.#frame.byteLength, true);
    return withNamespace(this.#path.sender, () => testRun(this.#generator, { packet: this.#frame, context, flags: LIVE_FRAMES, repeat: frames })).durationNs;
  }
}

function deviceIndex(netns: string): number {
  using netlink = new Netlink({ netns });
  return indexOf(netlink, DEVICE);
}

function count(map: KernelMap): number {
  const value = map.lookup(new Uint8Array(4))!;
  return Number(new DataView(value.buffer).getBigUint64(0, true));
}

/** Datagrams of UDP that came to a socket without room. */
function refusedBySockets(netns: string): number {
  const [names = [], values = []] = withNamespace(netns, () => readFileSync('/proc/thread-self/net/snmp', 'utf8')).split('\n').filter(line => line.startsWith('Udp:')).map(line => line.split(' '));
  return Number(values[names.indexOf('RcvbufErrors')]);
}
