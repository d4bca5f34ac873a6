// One thing sent by one workload → every step of every frame that came of it, and where one ended. It draws nothing.

import { type Arrived, parse } from '../../../src/datapath/vm/arrived.ts';
import { LabCapture } from '../../../src/datapath/vm/capture.ts';
import type { Hop } from '../../../src/datapath/vm/hop.ts';
import * as p from '../../../src/lang/packets.ts';
import { build } from '../../../src/lang/packets/build.ts';
import type { Refusal, Workload, Zone } from './zone.ts';

export const PROTOCOLS = ['ping', 'UDP', 'TCP'] as const;
export type Protocol = (typeof PROTOCOLS)[number];
export const FAMILIES = ['IPv4', 'IPv6'] as const;
export type Family = (typeof FAMILIES)[number];

interface Probe { readonly from: Workload; readonly to: Workload; readonly protocol: Protocol; readonly family: Family }

export interface Step {
  readonly hop: Hop;
  /** What the frame is, in words. */
  readonly frame: string;
  /** Where it ended, if it ended here. */
  readonly refusal?: Refusal;
}

export interface Journey { readonly probe: Probe; readonly answered: boolean; readonly steps: readonly Step[]; readonly tookMs: number }

const TEXT_BYTES = 3000;

/** Hops since it began; and all of them as a capture, in which nanoseconds lie between those of one journey. */
export class Recorder {
  #ns = 0;
  readonly capture = new LabCapture({ nowNs: () => ++this.#ns, epochNs: BigInt(Date.now()) * 1_000_000n });
  readonly #zone: () => Zone;
  #steps: Step[] = [];
  #seen = new Map<string, number>();

  constructor(zone: () => Zone) {
    this.#zone = zone;
  }

  watch(hop: Hop): void {
    const refusal = hop.at === 'server' ? this.#fresh() : undefined;
    this.capture.record(hop, refusal && `dropped: ${refusal.reason} (${refusal.file}:${refusal.line})`);
    this.#steps.push({ hop, frame: frameText(hop.frame), ...(refusal && { refusal }) });
  }

  /** Both tenants have the same addresses, so only a frame made for it can try to reach the other: by MAC and address, as an intruder. */
  send(probe: Probe): Journey {
    this.#fresh();
    this.#steps = [];
    const { from, to, protocol, family } = probe;
    const device = this.#zone().lab.host(from.name).device();
    const address = family === 'IPv4' ? to.ip4 : to.ip6;
    const start = performance.now();
    this.#ns = Math.max(this.#ns, Math.round(start * 1e6));
    let answered = false;
    if (from.tenant !== to.tenant) device.send(intruding(probe));
    else if (protocol === 'ping') answered = device.stack.ping(address);
    else if (protocol === 'UDP') answered = device.stack.udp(address, `hello from ${from.name}`);
    else answered = device.stack.tcp(address, 'x'.repeat(TEXT_BYTES));
    return { probe, answered, steps: this.#steps, tookMs: performance.now() - start };
  }

  /** The site whose counter went up since it was looked at last. */
  #fresh(): Refusal | undefined {
    let found: Refusal | undefined;
    const now = new Map<string, number>();
    for (const refusal of this.#zone().refusals()) {
      const { server, element, file, line, reason, packets } = refusal;
      const key = [server, element, file, line, reason].join(' ');
      if (packets > (this.#seen.get(key) ?? 0)) found = refusal;
      now.set(key, packets);
    }
    // A bridge that was replaced begins at 0.
    this.#seen = now;
    return found;
  }
}

function intruding({ from, to, protocol, family }: Probe): Uint8Array {
  const v4 = family === 'IPv4';
  const above: Record<Protocol, () => p.Layer[]> = {
    ping: () => [v4 ? p.icmp({ type: 8, id: 1, seq: 1 }) : p.icmpv6({ type: 128, id: 1, seq: 1 })],
    UDP: () => [p.udp({ srcPort: 40_000, dstPort: 7 })],
    TCP: () => [p.tcp({ srcPort: 40_000, dstPort: 7, flags: 'S' })],
  };
  const ip = v4 ? p.ipv4({ src: from.ip4, dst: to.ip4 }) : p.ipv6({ src: from.ip6, dst: to.ip6 });
  return build([p.eth({ dst: to.mac, src: from.mac }), ip, ...above[protocol](), p.data('intruder')]);
}

function frameText(frame: Uint8Array): string {
  const arrived = parse(frame);
  return arrived ? arrivedText(arrived) : `${frame.length} bytes`;
}

function arrivedText(a: Arrived): string {
  switch (a.kind) {
    case 'arp': return a.op === 'request' ? `ARP: who has ${a.targetIp}?` : `ARP: ${a.senderIp} is at ${a.senderMac}`;
    case 'neighbor': return a.op === 'solicit' ? `ND: who has ${a.target}?` : `ND: ${a.target} is at ${a.mac ?? a.src}`;
    case 'echo': return `echo ${a.op} ${a.seq}, ${a.from} → ${a.to}`;
    case 'udp': return `UDP ${a.from}:${a.srcPort} → ${a.to}:${a.dstPort}, ${a.content.length} bytes`;
    case 'tcp': return `TCP ${flags(a.flags)} ${a.from}:${a.srcPort} → ${a.to}:${a.dstPort}${a.content.length > 0 ? `, ${a.content.length} bytes` : ''}`;
  }
}

function flags(bits: number): string {
  return ['FIN', 'SYN', 'RST', 'PSH', 'ACK'].filter((_, at) => (bits >> at & 1) === 1).join(' ');
}
