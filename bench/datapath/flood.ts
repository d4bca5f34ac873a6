// Packets a second through a path, by an in-kernel generator: an XDP program that redirects live frames of TEST_RUN out of the sender's
// device. They cross the veth pair, enter the path at its first hop, and end at a program on the receiver's device that counts and drops.
// All of it runs on one core, one after the other, so nothing is lost while that core keeps up.

import { assemble } from '../../src/isa/assemble.ts';
import { encode } from '../../src/isa/encode.ts';
import type { Insn } from '../../src/isa/insn.ts';
import { createMap, type KernelMap } from '../../src/kernel/map.ts';
import { type KernelProgram, loadProgram } from '../../src/kernel/program.ts';
import { attachTcx, TCX } from '../../src/kernel/tcx.ts';
import { LIVE_FRAMES, testRun } from '../../src/kernel/test-run.ts';
import { data, eth, ipv4, udp } from '../../src/lang/packets.ts';
import { build } from '../../src/lang/packets/build.ts';
import { Netlink } from '../../src/netlink/client.ts';
import { indexOf } from '../../src/netlink/links.ts';
import { withNamespace } from '../../src/sys/namespace.ts';
import { uninterrupted } from '../uninterrupted.ts';
import { switchOffload } from './ethtool.ts';
import { DEVICE, type Path, RECEIVER, SENDER } from './path.ts';

const FRAMES = 200_000;
/** The least frame without its check sequence. */
const FRAME = build([eth({ dst: RECEIVER.mac, src: SENDER.mac }), ipv4({ src: SENDER.ip, dst: RECEIVER.ip }), udp({ srcPort: 4000, dstPort: 9 }), data(18)]);
const BPF_FUNC_redirect = 23;
const XDP_MD_BYTES = 24;
const XDP_MD_DATA_END = 4;

export interface Flooded {
  readonly packetsPerSecond: number;
  /** Part of the frames that did not arrive. */
  readonly lost: number;
}

/** Both programs and the counter of one path, made once. */
export class Flood implements Disposable {
  readonly #path: Path;
  readonly #generator: KernelProgram;
  readonly #sink: KernelProgram;
  readonly #count: KernelMap;
  readonly #receiverIndex: number;

  constructor(path: Path) {
    this.#path = path;
    this.#receiverIndex = deviceIndex(path.receiver);
    this.#count = createMap({ name: 'arrived', type: 'ARRAY', keyBytes: 4, valueBytes: 8, capacity: 1 });
    this.#generator = loadProgram({ name: 'generator', hook: 'xdp', code: generator(deviceIndex(path.sender)) });
    this.#sink = loadProgram({ name: 'sink', hook: 'tc', code: sink(this.#count.fd) });
  }

  /** About half a second, during which this thread does nothing else. */
  run(): Flooded {
    const context = new Uint8Array(XDP_MD_BYTES);
    new DataView(context.buffer).setUint32(XDP_MD_DATA_END, FRAME.byteLength, true);
    switchOffload(this.#path.firstHop, 'gro', 'on');
    try {
      using _link = attachTcx({ program: this.#sink, ifindex: this.#receiverIndex, direction: 'ingress', order: 'first', netns: this.#path.receiver });
      return uninterrupted(() => {
        const before = this.#arrived();
        // The time is the kernel's, without the setting up of pages.
        const { durationNs } = withNamespace(this.#path.sender, () => testRun(this.#generator, { packet: FRAME, context, flags: LIVE_FRAMES, repeat: FRAMES }));
        const arrived = this.#arrived() - before;
        return { packetsPerSecond: arrived / (durationNs * FRAMES / 1e9), lost: 1 - arrived / FRAMES };
      });
    } finally {
      switchOffload(this.#path.firstHop, 'gro', 'off');
    }
  }

  [Symbol.dispose](): void {
    this.#generator.close();
    this.#sink.close();
    this.#count.close();
  }

  #arrived(): number {
    const value = this.#count.lookup(new Uint8Array(4))!;
    return Number(new DataView(value.buffer).getBigUint64(0, true));
  }
}

function deviceIndex(netns: string): number {
  using netlink = new Netlink({ netns });
  return indexOf(netlink, DEVICE);
}

function generator(ifindex: number): Uint8Array {
  return encode(assembled(`
    mov32 %r1, ${ifindex}
    mov32 %r2, 0
    call ${BPF_FUNC_redirect}
    exit`));
}

function sink(mapFd: number): Uint8Array {
  const counts = assembled(`
    ldxdw %r2, [%r1+0]
    add %r2, 1
    stxdw [%r1+0], %r2
    mov32 %r0, ${TCX.DROP}
    exit`);
  return encode([{ kind: 'wide-value', dst: 1, map: mapFd, offset: 0 }, ...counts]);
}

function assembled(text: string): readonly Insn[] {
  const result = assemble(text);
  if (!result.ok) throw new Error(result.errors.map(e => e.message).join('; '));
  return result.insns;
}
