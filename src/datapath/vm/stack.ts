// The network stack of a simulated host, as far as a test of connectivity needs one: it resolves neighbours, answers ARP, neighbour
// discovery and echo requests, asks for its address by DHCP, and speaks UDP and TCP to the echo service (port 7) of its peers. No loss, so no retransmission.

import { ipv4Bytes, ipv6Bytes, ipv6Text } from '../../lang/packets/address.ts';
import { build } from '../../lang/packets/build.ts';
import * as p from '../../lang/packets.ts';
import { type Arrived, hasAddress, parse } from './arrived.ts';
import { DHCP_CLIENT_PORT, DHCP_SERVER_PORT, dhcpAnswer, dhcpRequest, type DhcpAnswer, type DhcpRequest } from './dhcp.ts';
import { EchoServer, opens, refusal, TcpClient } from './tcp.ts';

interface StackParts {
  readonly mac: string;
  /** With prefix lengths. */
  readonly addresses: readonly string[];
  readonly gateways: readonly string[];
  readonly mtu: number;
  send(frame: Uint8Array): void;
  /** Lets everything happen that was set going. */
  settle(): void;
}

const ECHO_PORT = 7;
const CLIENT_PORT = 40_000;
const ALL = 'ff:ff:ff:ff:ff:ff';
const OVERRIDE_SOLICITED = 0x6000;

export class Stack {
  /** Where what is in none of its subnets goes. */
  gateways: readonly string[];
  readonly #parts: StackParts;
  readonly #addresses: readonly string[];
  readonly #neighbors = new Map<string, string>();
  /** By next hop. */
  readonly #waiting = new Map<string, { readonly to: string; readonly src: string; readonly layers: p.Layer[] }[]>();
  readonly #echoServer = new EchoServer();
  #client: TcpClient | undefined;
  #echoReplies = 0;
  #udpReply: Uint8Array | undefined;
  #sequence = 0;
  #dhcpAnswer: DhcpAnswer | undefined;

  constructor(parts: StackParts) {
    this.#parts = parts;
    this.gateways = parts.gateways;
    this.#addresses = parts.addresses.map(address => address.split('/')[0] ?? '');
  }

  /** Whether an echo request of ICMP or ICMPv6 is answered. */
  ping(to: string): boolean {
    const before = this.#echoReplies;
    const seq = ++this.#sequence & 0xffff;
    const message = isV6(to) ? p.icmpv6({ type: 128, id: 1, seq }) : p.icmp({ type: 8, id: 1, seq });
    this.#sendIp(to, [message, p.data('0123456789abcdef')]);
    this.#parts.settle();
    return this.#echoReplies > before;
  }

  /** Whether a datagram to the echo service comes back as it was. */
  udp(to: string, content: string): boolean {
    this.#udpReply = undefined;
    this.#sendIp(to, [p.udp({ srcPort: CLIENT_PORT, dstPort: ECHO_PORT }), p.data(content)]);
    this.#parts.settle();
    return this.#udpReply !== undefined && new TextDecoder().decode(this.#udpReply) === content;
  }

  /** Whether a connection to the echo service, or to a port where nobody listens, opens, brings all of the text back, and closes. */
  tcp(to: string, content: string, port = ECHO_PORT): boolean {
    const segmentBytes = this.#parts.mtu - (isV6(to) ? 60 : 40);
    this.#client = new TcpClient({ srcPort: CLIENT_PORT + (++this.#sequence % 20_000), dstPort: port, content, segmentBytes });
    this.#sendIp(to, this.#client.open());
    this.#parts.settle();
    return this.#client.done;
  }

  /** Asks a DHCP server: everybody's, or the one whose MAC is known and who is asked for more of what the client has. What it answered. */
  dhcp(request: Omit<DhcpRequest, 'mac' | 'xid'>, to?: { readonly mac: string; readonly address: string }): DhcpAnswer | undefined {
    this.#dhcpAnswer = undefined;
    const { mac } = this.#parts;
    const xid = ++this.#sequence;
    this.#send([
      p.eth({ dst: to?.mac ?? ALL, src: mac }), p.ipv4({ src: request.own ?? '0.0.0.0', dst: to?.address ?? '255.255.255.255' }),
      p.udp({ srcPort: DHCP_CLIENT_PORT, dstPort: DHCP_SERVER_PORT }), ...dhcpRequest({ mac, xid, ...request }),
    ]);
    this.#parts.settle();
    const answer: DhcpAnswer | undefined = this.#dhcpAnswer;
    return answer !== undefined && (answer as DhcpAnswer).xid === xid ? answer : undefined;
  }

  receive(frame: Uint8Array): void {
    const arrived = parse(frame);
    if (!arrived || (arrived.dst !== this.#parts.mac && !arrived.isGroup)) return;
    if (arrived.kind === 'udp' && arrived.dstPort === DHCP_CLIENT_PORT) {
      this.#dhcpAnswer = dhcpAnswer(arrived.content);
      return;
    }
    switch (arrived.kind) {
      case 'arp': this.#arp(arrived); return;
      case 'neighbor': this.#neighbor(arrived); return;
      case 'echo': case 'udp': case 'tcp':
        if (this.#addresses.some(own => hasAddress(own, arrived.to))) this.#datagram(arrived);
    }
  }

  #arp(arp: Arrived & { kind: 'arp' }): void {
    this.#learn(arp.senderIp, arp.senderMac);
    if (arp.op !== 'request' || !this.#addresses.includes(arp.targetIp)) return;
    const reply = p.arp({ op: 'reply', senderMac: this.#parts.mac, senderIp: arp.targetIp, targetMac: arp.senderMac, targetIp: arp.senderIp });
    this.#send([p.eth({ dst: arp.src, src: this.#parts.mac }), reply]);
  }

  #neighbor(message: Arrived & { kind: 'neighbor' }): void {
    if (message.op === 'advertise') {
      if (message.mac !== undefined) this.#learn(message.target, message.mac);
      return;
    }
    const own = this.#addresses.find(address => hasAddress(address, message.target));
    if (own === undefined) return;
    this.#send([
      p.eth({ dst: message.src, src: this.#parts.mac }), p.ipv6({ src: own, dst: message.from, hopLimit: 255 }),
      p.icmpv6({ type: 136, id: OVERRIDE_SOLICITED }), p.neighbor({ target: own, option: 2, mac: this.#parts.mac }),
    ]);
  }

  #datagram(arrived: Arrived & { kind: 'echo' | 'udp' | 'tcp' }): void {
    const answer = (layers: p.Layer[] | undefined): void => { if (layers) this.#sendIp(arrived.from, layers, arrived.to); };
    switch (arrived.kind) {
      case 'echo': {
        if (arrived.op === 'reply') { this.#echoReplies++; return; }
        const fields = { id: arrived.id, seq: arrived.seq };
        answer([isV6(arrived.from) ? p.icmpv6({ type: 129, ...fields }) : p.icmp({ type: 0, ...fields }), p.data(text(arrived.content))]);
        return;
      }
      case 'udp':
        if (arrived.dstPort === ECHO_PORT) answer([p.udp({ srcPort: ECHO_PORT, dstPort: arrived.srcPort }), p.data(text(arrived.content))]);
        else this.#udpReply = arrived.content;
        return;
      case 'tcp':
        if (arrived.dstPort === ECHO_PORT) answer(this.#echoServer.segment(arrived));
        else if (opens(arrived)) answer(refusal(arrived));
        else for (const layers of this.#client?.segment(arrived) ?? []) answer(layers);
    }
  }

  /** What is for a neighbour that is not known waits for its answer; without one it is never sent. */
  #sendIp(to: string, layers: p.Layer[], src = this.#source(to)): void {
    if (src === undefined) return;
    const hop = this.#nextHop(to);
    const dst = this.#neighbors.get(canonical(hop));
    if (dst !== undefined) {
      this.#sendTo(dst, { to, src, layers });
      return;
    }
    const waiting = this.#waiting.get(canonical(hop)) ?? [];
    this.#waiting.set(canonical(hop), [...waiting, { to, src, layers }]);
    this.#ask(hop, src);
  }

  #nextHop(to: string): string {
    const isHere = this.#parts.addresses.some(address => isV6(address) === isV6(to) && inSubnet(to, address));
    return isHere ? to : this.gateways.find(gateway => isV6(gateway) === isV6(to)) ?? to;
  }

  #sendTo(dst: string, { to, src, layers }: { readonly to: string; readonly src: string; readonly layers: p.Layer[] }): void {
    const ip = isV6(to) ? p.ipv6({ src, dst: to }) : p.ipv4({ src, dst: to });
    this.#send([p.eth({ dst, src: this.#parts.mac }), ip, ...layers]);
  }

  #learn(address: string, mac: string): void {
    this.#neighbors.set(canonical(address), mac);
    const waiting = this.#waiting.get(canonical(address)) ?? [];
    this.#waiting.delete(canonical(address));
    for (const message of waiting) this.#sendTo(mac, message);
  }

  #source(to: string): string | undefined {
    return this.#addresses.find(address => isV6(address) === isV6(to));
  }

  #ask(to: string, src: string): void {
    const { mac } = this.#parts;
    if (!isV6(to)) {
      this.#send([p.eth({ dst: ALL, src: mac }), p.arp({ op: 'request', senderMac: mac, senderIp: src, targetIp: to })]);
      return;
    }
    const low = solicited(to);
    this.#send([
      p.eth({ dst: `33:33:ff:${low.match(/../g)?.join(':')}`, src: mac }), p.ipv6({ src, dst: `ff02::1:ff${low.slice(0, 2)}:${low.slice(2)}`, hopLimit: 255 }),
      p.icmpv6({ type: 135 }), p.neighbor({ target: to, option: 1, mac }),
    ]);
  }

  #send(layers: readonly p.Layer[]): void {
    this.#parts.send(build(layers));
  }
}

/** The last 24 bits of an address, as 6 hexadecimal digits. */
function solicited(address: string): string {
  return Array.from(ipv6Bytes(address).subarray(13), byte => byte.toString(16).padStart(2, '0')).join('');
}

/** One text for one address. */
function canonical(address: string): string {
  return isV6(address) ? ipv6Text(ipv6Bytes(address)) : address;
}

/** `subnet`: an address with a prefix length; without one, only itself. */
function inSubnet(address: string, subnet: string): boolean {
  const [base = '', length] = subnet.split('/');
  const bytes = isV6(base) ? ipv6Bytes : ipv4Bytes;
  const bits = (text: string): string => Array.from(bytes(text), byte => byte.toString(2).padStart(8, '0')).join('').slice(0, length === undefined ? undefined : Number(length));
  return bits(address) === bits(base);
}

function isV6(address: string): boolean {
  return address.includes(':');
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
