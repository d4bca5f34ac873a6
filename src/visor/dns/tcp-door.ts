// Frames of TCP for one network's resolver: into a stack of its own and back to whom they came from. The stack is made when the first comes, and goes
// when none came for a while. An address speaks by the port of the endpoint that has it, and by no other.

import { macBytes } from '../../lang/packets/address.ts';
import type { PacketRecord, Punted } from '../../datapath/datapath.ts';
import { formatAddress } from '../../model/address.ts';
import { isSysError } from '../../sys/errors.ts';
import { openStack, type PrivateStack } from './stack.ts';
import { Streams } from './streams.ts';

const ETHERNET_BYTES = 14;
const TCP = 6;
const IDLE_MS = 60_000;
/** Clients whose answers find their way; the one that was heard of longest ago gives way. */
const MOST_CLIENTS = 4096;

interface TcpDoorParts {
  readonly addresses: readonly string[];
  readonly mac: string;
  readonly mtu: number;
  readonly port: number;
  answer(message: Uint8Array): Promise<Uint8Array | undefined>;
  send(port: number, record: PacketRecord, frame: Uint8Array): void;
  refused(why: string): void;
}

interface Client { readonly port: number; readonly record: PacketRecord; readonly mac: Uint8Array }

export class TcpDoor {
  readonly #p: TcpDoorParts;
  readonly #streams: Streams;
  readonly #clients = new Map<string, Client>();
  #stack: PrivateStack | undefined;
  #idle: NodeJS.Timeout | undefined;
  #isRefused = false;

  constructor(parts: TcpDoorParts) {
    this.#p = parts;
    this.#streams = new Streams(parts.answer, ({ remoteAddress = '' }) => this.#clients.get(remoteAddress)?.port);
  }

  /** `ownerOf`: id of the endpoint that has the address. False: it is not taken. */
  receive({ frame, port, record }: Punted, ownerOf: (address: string) => number | undefined): boolean {
    const packet = frame.subarray(ETHERNET_BYTES);
    const source = addressOf(packet, 'source');
    if (source === undefined) return false;
    const owner = ownerOf(source);
    if (owner !== undefined && owner !== record.endpoint) return false;
    this.#clients.delete(source);
    this.#clients.set(source, { port, record, mac: frame.slice(6, 12) });
    const [oldest] = this.#clients.keys();
    if (this.#clients.size > MOST_CLIENTS) this.#clients.delete(oldest!);
    return this.#opened()?.receive(packet) === true;
  }

  /** It has no stack, and does not ask for one again: another door may. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#streams.close();
    this.#stack?.close();
    this.#stack = undefined;
    this.#clients.clear();
  }

  #opened(): PrivateStack | undefined {
    if (this.#isRefused) return undefined;
    this.#idle ??= setTimeout(() => { this.close(); this.#idle = undefined; }, IDLE_MS).unref();
    this.#idle.refresh();
    if (this.#stack) return this.#stack;
    const { addresses, port, mtu } = this.#p;
    try {
      this.#stack = openStack({ addresses, port, mtu, onPacket: packet => { this.#back(packet); }, onConnection: stream => { this.#streams.accept(stream); } });
    } catch (error) {
      // It is not asked for again until what is planned is another: what is missing does not come by itself.
      this.#isRefused = true;
      if (!isSysError(error)) throw error;
      this.#p.refused(error.message);
    }
    return this.#stack;
  }

  #back(packet: Uint8Array): void {
    const client = this.#clients.get(addressOf(packet, 'destination') ?? '');
    if (!client) return;                                                   // neighbour discovery of the stack itself, or long gone
    const frame = new Uint8Array(ETHERNET_BYTES + packet.length);
    frame.set(client.mac);
    frame.set(macBytes(this.#p.mac), 6);
    new DataView(frame.buffer).setUint16(12, packet[0]! >> 4 === 4 ? 0x0800 : 0x86dd);
    frame.set(packet, ETHERNET_BYTES);
    this.#p.send(client.port, client.record, frame);
  }
}

/** Of a packet of TCP, as text. */
function addressOf(packet: Uint8Array, which: 'source' | 'destination'): string | undefined {
  const isFour = packet[0] !== undefined && packet[0] >> 4 === 4;
  const [protocol, at, length] = isFour ? [packet[9], which === 'source' ? 12 : 16, 4] as const : [packet[6], which === 'source' ? 8 : 24, 16] as const;
  if (packet.length < (isFour ? 20 : 40) || protocol !== TCP) return undefined;
  const value = packet.subarray(at, at + length).reduce((sum, byte) => sum << 8n | BigInt(byte), 0n);
  return formatAddress({ family: isFour ? 4 : 6, value });
}
