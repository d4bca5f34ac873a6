// What the compiler knows of each header class: where fields lie, which of them a checksum covers, what says what follows.
// Pure data; how a computed member or a payload is found in code is the compiler's lowering.

/** Type of a member. Names are those of the module language. */
export type MemberType =
  | 'u8' | 'u16' | 'u32' | 'i32' | 'u64' | 'i64' | 'u128' | 'boolean' | 'Mac' | 'Ip4' | 'Ip6'
  | { readonly bytes: number }
  /** Perhaps there: `quoted`. */
  | { readonly header: string }
  | 'tlvs';

/**
 * How a module may write a member.
 * `assign`: plainly; `rewrite`: only through `rewrite`, for a checksum covers it; `never`: read only.
 */
export type Access = 'assign' | 'rewrite' | 'never';

/**
 * Bits of the packet: `bits` of them in the `unitBits` (8 to 128, or those of `bytes`) at byte `offset`,
 * above `shift` lower ones. A plain field fills its unit: shift 0, bits = unitBits.
 */
export interface Stored {
  readonly kind: 'stored';
  readonly name: string;
  readonly type: MemberType;
  readonly offset: number;
  readonly unitBits: number;
  readonly shift: number;
  readonly bits: number;
  readonly order: 'big' | 'little';
  readonly access: Access;
  /** In a `fresh` header, where it is not given. */
  readonly initial: bigint;
}

/** A boolean: (field & mask) === equals. */
export interface Tested {
  readonly kind: 'tested';
  readonly name: string;
  readonly type: 'boolean';
  readonly field: string;
  readonly mask: number;
  readonly equals: number;
}

/** Found by code that lowering has under `Header.name`, for every kind of an abstract header. */
export interface Computed {
  readonly kind: 'computed';
  readonly name: string;
  readonly type: MemberType;
  readonly access: Access;
}

export type Member = Stored | Tested | Computed;

/**
 * What says what follows.
 * `field`: its value tells the class, by `classes`; `protocol`: the computed member `protocol`, behind options or extension headers;
 * `any`: the header cannot say, what is asked for is taken for granted.
 */
export type Payload =
  | { readonly by: 'field'; readonly field: string; readonly classes: Readonly<Record<string, number>> }
  | { readonly by: 'protocol'; readonly classes: Readonly<Record<string, readonly number[]>> }
  | { readonly by: 'any' };

export interface HeaderClass {
  readonly name: string;
  /** Bytes that a view of it is checked for. What follows begins behind them, unless `variable`. */
  readonly bytes: number;
  /** Where the payload begins is computed: options, extension headers. */
  readonly variable: boolean;
  /** Concrete classes that an abstract header stands for; empty: it is concrete. */
  readonly kinds: readonly string[];
  /** Abstract headers that it is one of, the nearest first. */
  readonly parents: readonly string[];
  readonly members: readonly Member[];
  readonly payload: Payload;
}

type Plain = 'u8' | 'u16' | 'u32' | 'u64' | 'u128' | 'Mac' | 'Ip4' | 'Ip6';
const BITS: Readonly<Record<Plain, number>> = { u8: 8, u16: 16, u32: 32, u64: 64, u128: 128, Mac: 48, Ip4: 32, Ip6: 128 };

function field(name: string, offset: number, type: Plain, access: Access = 'assign', initial = 0n): Stored {
  const bits = BITS[type];
  return { kind: 'stored', name, type, offset, unitBits: bits, shift: 0, bits, order: 'big', access, initial };
}
function bits(name: string, offset: number, unitBits: number, shift: number, width: number, type: Plain, access: Access, initial = 0n): Stored {
  return { kind: 'stored', name, type, offset, unitBits, shift, bits: width, order: 'big', access, initial };
}
function test(name: string, of: string, mask: number, equals = mask): Tested {
  return { kind: 'tested', name, type: 'boolean', field: of, mask, equals };
}
function computed(name: string, type: MemberType, access: Access = 'never'): Computed {
  return { kind: 'computed', name, type, access };
}

const ANY: Payload = { by: 'any' };
/** Protocol numbers (IANA) by which IPv4 and IPv6 say what follows. */
const PROTOCOLS: Readonly<Record<string, readonly number[]>> = {
  Tcp: [6], Udp: [17], Ports: [6, 17, 132],
};

function header(name: string, bytes: number, members: readonly Member[], more: Partial<HeaderClass> = {}): HeaderClass {
  return { name, bytes, variable: false, kinds: [], parents: [], members, payload: ANY, ...more };
}

const ETHER_TYPES = { Ipv4: 0x0800, Arp: 0x0806, Vlan: 0x8100, Ipv6: 0x86dd };

const IP_MEMBERS: readonly Member[] = [
  computed('src6', 'Ip6', 'rewrite'), computed('dst6', 'Ip6', 'rewrite'), computed('ttl', 'u8', 'rewrite'), computed('tos', 'u8', 'rewrite'),
  computed('protocol', 'u8', 'rewrite'), computed('length', 'u16'), computed('isFragment', 'boolean'), computed('isLaterFragment', 'boolean'),
  computed('fragmentId', 'u32'),
];
const PORTS: readonly Member[] = [field('srcPort', 0, 'u16', 'rewrite'), field('dstPort', 2, 'u16', 'rewrite')];
const ICMP: readonly Member[] = [
  field('type', 0, 'u8', 'rewrite'), field('code', 1, 'u8', 'rewrite'), field('id', 4, 'u16', 'rewrite'), field('seq', 6, 'u16', 'rewrite'),
  field('rest', 4, 'u32', 'rewrite'),
  computed('isEchoRequest', 'boolean'), computed('isEcho', 'boolean'), computed('isError', 'boolean'), computed('isNeighborDiscovery', 'boolean'),
];

const CLASSES: readonly HeaderClass[] = [
  header('Eth', 14, [field('dst', 0, 'Mac'), field('src', 6, 'Mac'), field('type', 12, 'u16')],
    { payload: { by: 'field', field: 'type', classes: ETHER_TYPES } }),
  header('Vlan', 4, [field('tci', 0, 'u16'), field('type', 2, 'u16'), bits('id', 0, 16, 0, 12, 'u16', 'never')],
    { payload: { by: 'field', field: 'type', classes: ETHER_TYPES } }),
  header('Arp', 28, [
    field('hardware', 0, 'u16'), field('protocol', 2, 'u16'), field('hardwareLength', 4, 'u8'), field('protocolLength', 5, 'u8'), field('op', 6, 'u16'),
    field('senderMac', 8, 'Mac'), field('senderIp', 14, 'Ip4'), field('targetMac', 18, 'Mac'), field('targetIp', 24, 'Ip4'),
  ]),
  header('Ip', 0, IP_MEMBERS, {
    variable: true, kinds: ['Ipv4', 'Ipv6'],
    payload: { by: 'protocol', classes: { ...PROTOCOLS, Icmp: [1], Icmpv6: [58], AnyIcmp: [1, 58], L4: [] } },
  }),
  header('Ipv4', 20, [
    bits('version', 0, 8, 4, 4, 'u8', 'never', 4n), bits('headerWords', 0, 8, 0, 4, 'u8', 'never', 5n), field('tos', 1, 'u8', 'rewrite'), field('length', 2, 'u16', 'rewrite'), field('id', 4, 'u16', 'rewrite'),
    field('frag', 6, 'u16', 'rewrite'), field('ttl', 8, 'u8', 'rewrite', 64n), field('protocol', 9, 'u8', 'rewrite'),
    field('src', 12, 'Ip4', 'rewrite'), field('dst', 16, 'Ip4', 'rewrite'),
    computed('src6', 'Ip6', 'rewrite'), computed('dst6', 'Ip6', 'rewrite'), computed('headerLength', 'u16'),
    test('dontFragment', 'frag', 0x4000), computed('isFragment', 'boolean'), computed('isLaterFragment', 'boolean'), computed('fragmentId', 'u32'),
    computed('options', 'tlvs'),
  ], { variable: true, parents: ['Ip'], payload: { by: 'protocol', classes: { ...PROTOCOLS, Icmp: [1], AnyIcmp: [1], L4: [] } } }),
  header('Ipv6', 40, [
    bits('version', 0, 8, 4, 4, 'u8', 'never', 6n), bits('tos', 0, 16, 4, 8, 'u8', 'rewrite'), bits('flowLabel', 0, 32, 0, 20, 'u32', 'rewrite'), field('payloadLength', 4, 'u16', 'rewrite'),
    field('nextHeader', 6, 'u8', 'never'), field('ttl', 7, 'u8', 'rewrite', 64n), field('src', 8, 'Ip6', 'rewrite'), field('dst', 24, 'Ip6', 'rewrite'),
    computed('src6', 'Ip6', 'rewrite'), computed('dst6', 'Ip6', 'rewrite'), computed('protocol', 'u8', 'rewrite'), computed('length', 'u16'),
    computed('isFragment', 'boolean'), computed('isLaterFragment', 'boolean'), computed('fragmentId', 'u32'),
  ], { variable: true, parents: ['Ip'], payload: { by: 'protocol', classes: { ...PROTOCOLS, Icmpv6: [58], AnyIcmp: [58], L4: [], Ipv6Options: [0, 60], Ipv6Routing: [43], Ipv6Fragment: [44] } } }),
  header('L4', 0, [], { kinds: ['Tcp', 'Udp', 'Icmp', 'Icmpv6'] }),
  header('Ports', 4, PORTS, { kinds: ['Tcp', 'Udp'], parents: ['L4'] }),
  header('Tcp', 20, [
    ...PORTS, field('seq', 4, 'u32', 'rewrite'), field('ackSeq', 8, 'u32', 'rewrite'), bits('dataOffset', 12, 8, 4, 4, 'u8', 'rewrite', 5n),
    field('flags', 13, 'u8', 'rewrite'), field('window', 14, 'u16', 'rewrite'), field('urgent', 18, 'u16', 'rewrite'),
    test('fin', 'flags', 0x01), test('syn', 'flags', 0x02), test('rst', 'flags', 0x04), test('psh', 'flags', 0x08), test('ack', 'flags', 0x10),
    test('urg', 'flags', 0x20), test('opens', 'flags', 0x12, 0x02), computed('headerLength', 'u16'), computed('options', 'tlvs'),
  ], { variable: true, parents: ['Ports', 'L4'] }),
  header('Udp', 8, [...PORTS, field('length', 4, 'u16', 'rewrite')], { parents: ['Ports', 'L4'] }),
  header('AnyIcmp', 8, [...ICMP, computed('quoted', { header: 'Ip' })], { kinds: ['Icmp', 'Icmpv6'], parents: ['L4'] }),
  header('Icmp', 8, [...ICMP, computed('quoted', { header: 'Ipv4' })], { parents: ['AnyIcmp', 'L4'] }),
  header('Icmpv6', 8, [...ICMP, computed('quoted', { header: 'Ipv6' })], { parents: ['AnyIcmp', 'L4'] }),
  header('Neighbor', 24, [
    field('target', 0, 'Ip6', 'rewrite'), field('option', 16, 'u8', 'rewrite'), field('optionWords', 17, 'u8', 'rewrite', 1n), field('mac', 18, 'Mac', 'rewrite'),
  ]),
  header('Ipv6Options', 2, [field('nextHeader', 0, 'u8', 'never'), field('words', 1, 'u8', 'never'), computed('options', 'tlvs')], { variable: true }),
  header('Ipv6Routing', 8, [field('nextHeader', 0, 'u8', 'never'), field('type', 2, 'u8', 'never'), field('segmentsLeft', 3, 'u8', 'never')], { variable: true }),
  header('Ipv6Fragment', 8, [
    field('nextHeader', 0, 'u8', 'never'), bits('fragmentOffset', 2, 16, 3, 13, 'u16', 'never'), bits('flags', 2, 16, 0, 3, 'u8', 'never'),
    test('moreFragments', 'flags', 1), field('id', 4, 'u32', 'never'),
  ]),
  header('Vxlan', 8, [field('flags', 0, 'u16', 'assign', 0x0800n), field('group', 2, 'u16'), bits('vni', 4, 32, 8, 24, 'u32', 'assign')]),
  header('Dhcp', 240, [
    field('op', 0, 'u8', 'rewrite'), field('hardware', 1, 'u8', 'rewrite', 1n), field('hardwareLength', 2, 'u8', 'rewrite', 6n), field('hops', 3, 'u8', 'rewrite'),
    field('xid', 4, 'u32', 'rewrite'), field('secs', 8, 'u16', 'rewrite'), field('flags', 10, 'u16', 'rewrite'), field('ciaddr', 12, 'Ip4', 'rewrite'),
    field('yiaddr', 16, 'Ip4', 'rewrite'), field('siaddr', 20, 'Ip4', 'rewrite'), field('giaddr', 24, 'Ip4', 'rewrite'), field('chaddr', 28, 'Mac', 'rewrite'),
    field('cookie', 236, 'u32', 'rewrite', 0x6382_5363n), computed('options', 'tlvs'),
  ]),
  header('Dns', 12, [
    field('id', 0, 'u16', 'rewrite'), field('flags', 2, 'u16', 'rewrite'), field('questions', 4, 'u16', 'rewrite'), field('answers', 6, 'u16', 'rewrite'),
    field('authorities', 8, 'u16', 'rewrite'), field('additionals', 10, 'u16', 'rewrite'), test('isResponse', 'flags', 0x8000),
  ]),
];

export const HEADERS: ReadonlyMap<string, HeaderClass> = new Map(CLASSES.map(c => [c.name, c]));

/** Named numbers, as `ArpOp.Request`. */
export const CONSTANTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  EtherType: { Ipv4: 0x0800, Arp: 0x0806, Vlan: 0x8100, Ipv6: 0x86dd },
  ArpOp: { Request: 1, Reply: 2 },
  IpProto: { Icmp: 1, IpIp: 4, Tcp: 6, Udp: 17, Ipv6: 41, Gre: 47, Esp: 50, Icmpv6: 58, Sctp: 132 },
  IcmpType: { EchoReply: 0, Unreachable: 3, EchoRequest: 8, TimeExceeded: 11 },
  Icmpv6Type: { Unreachable: 1, TooBig: 2, TimeExceeded: 3, EchoRequest: 128, EchoReply: 129, NeighborSolicit: 135, NeighborAdvert: 136 },
  Conntrack: { None: 0, New: 1, Established: 2, Related: 3 },
};
