// tc programs whose outcome both engines must agree on: return code, packet, and the context's words. Assembler text with the names of
// struct __sk_buff's fields; each may leave numbers in cb for the comparison.

interface TcCase {
  readonly name: string;
  readonly text: string;
  /** Default: an IPv4 UDP packet of 60 bytes. */
  readonly frame?: Uint8Array;
}

const IPV4 = Uint8Array.from([
  0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 8, 0,
  0x45, 0, 0, 46, 0x12, 0x34, 0x40, 0, 64, 17, 0x14, 0x8a, 10, 0, 0, 1, 10, 0, 0, 2,
  0x30, 0x39, 0, 53, 0, 26, 0xbe, 0xef, ...Array.from({ length: 18 }, (_, i) => i + 1),
]);
const VLAN = Uint8Array.from([...IPV4.subarray(0, 12), 0x81, 0, 0x20, 5, ...IPV4.subarray(12)]);

/** r6 keeps the context; r0 of the last call is returned. */
const program = (body: string): string => `mov %r6, %r1\n${body}\nexit`;
const call = (name: string, ...args: (number | string)[]): string =>
  ['mov %r1, %r6', ...args.map((a, i) => typeof a === 'number' ? `mov %r${i + 2}, ${a}` : `mov %r${i + 2}, %r10\nadd %r${i + 2}, ${a}`), `call ${name}`].join('\n');
/** Keeps r0 and the packet's length in cb. */
const keep = (word: number): string => `stxw [%r6+${48 + word * 8}], %r0\nldxw %r1, [%r6+len]\nstxw [%r6+${52 + word * 8}], %r1`;

const l3 = (offset: number, from: number, to: number, flags: number): string => call('l3_csum_replace', offset, from, to, flags);
const l4 = (offset: number, from: number, to: number, flags: number): string => call('l4_csum_replace', offset, from, to, flags);
const diff = (from: number, to: number, seed: number): string => `
  stw [%r10-16], 0x12345678
  stw [%r10-12], 0x7abcdef0
  stw [%r10-8], 0x11111111
  stw [%r10-4], 0x7fffffff
  mov %r1, %r10
  add %r1, -16
  mov %r2, ${from}
  mov %r3, %r10
  add %r3, -8
  mov %r4, ${to}
  mov %r5, ${seed}
  call csum_diff`;

/** strtol or strtoul of up to 8 characters: what it returns and the value's low half in cb. */
const strto = (name: string, text: string, flags: number): string => program(`
  ${[...text.padEnd(8, '\0')].map((c, i) => `stb [%r10-${16 - i}], ${c.charCodeAt(0)}`).join('\n')}
  stdw [%r10-8], 0
  mov %r1, %r10
  add %r1, -16
  mov %r2, 8
  mov %r3, ${flags}
  mov %r4, %r10
  add %r4, -8
  call ${name}
  stxw [%r6+cb], %r0
  ldxw %r1, [%r10-8]
  stxw [%r6+52], %r1
  ldxw %r1, [%r10-4]
  stxw [%r6+56], %r1`);

export const TC_CASES: readonly TcCase[] = [
  { name: 'lengths and ends', text: program('ldxw %r2, [%r1+data]\nldxw %r0, [%r1+data_end]\nldxw %r3, [%r1+len]\nstxw [%r1+cb], %r3\nmov %r0, 3') },
  { name: 'protocol and packet type', text: program('ldxw %r2, [%r1+protocol]\nstxw [%r1+cb], %r2\nldxw %r2, [%r1+pkt_type]\nstxw [%r1+52], %r2\nldxw %r0, [%r1+vlan_present]') },
  { name: 'l3_csum_replace of 2 bytes', text: program(l3(24, 0x1140, 0x113f, 2)) },
  { name: 'l3_csum_replace of 4 bytes', text: program(l3(24, 0x0100000a, 0x0a01a8c0, 4)) },
  { name: 'l3_csum_replace by a difference', text: program(l3(24, 0, 0x1234, 0)) },
  { name: 'l3_csum_replace at an odd offset', text: program(l3(25, 0, 1, 2)) },
  { name: 'l3_csum_replace of 3 bytes', text: program(l3(24, 0, 1, 3)) },
  { name: 'l3_csum_replace past the end', text: program(l3(70, 0, 1, 2)) },
  { name: 'l3_csum_replace with flags that are none', text: program(l3(24, 0, 1, 0x10)) },
  { name: 'l4_csum_replace, pseudo header', text: program(l4(40, 0x0100000a, 0x0a01a8c0, 0x14)) },
  { name: 'l4_csum_replace, mangled 0', text: program(l4(40, 0x3930, 0x3940, 0x22)) },
  { name: 'l4_csum_replace to 0', text: program(l4(40, 0, 0xefbe, 2)) },
  { name: 'l4_csum_replace of a packet without a checksum', text: program(`stw [%r10-4], 0\n${call('skb_store_bytes', 40, '-4', 2, 0)}\n${l4(40, 1, 2, 0x22)}`) },
  { name: 'csum_diff, both', text: program(diff(8, 8, 0)) },
  { name: 'csum_diff, pushed', text: program(diff(0, 8, 77)) },
  { name: 'csum_diff, pulled', text: program(diff(8, 0, 0x7fffffff)) },
  { name: 'csum_diff of 7 and 3 bytes', text: program(diff(7, 3, 0)) },
  { name: 'skb_store_bytes', text: program(`stdw [%r10-8], 0x55667788\n${call('skb_store_bytes', 30, '-8', 8, 0)}`) },
  { name: 'skb_store_bytes past the end', text: program(`stdw [%r10-8], 1\n${call('skb_store_bytes', 56, '-8', 8, 0)}`) },
  { name: 'skb_store_bytes with flags that are none', text: program(`stdw [%r10-8], 1\n${call('skb_store_bytes', 30, '-8', 8, 64)}`) },
  { name: 'skb_load_bytes', text: program(`stdw [%r10-8], -1\n${call('skb_load_bytes', 26, '-8', 8)}\nldxw %r1, [%r10-8]\nstxw [%r6+cb], %r1\nldxw %r1, [%r10-4]\nstxw [%r6+52], %r1`) },
  { name: 'skb_load_bytes past the end gives zeros', text: program(`stdw [%r10-8], -1\n${call('skb_load_bytes', 56, '-8', 8)}\nldxw %r1, [%r10-8]\nstxw [%r6+cb], %r1`) },
  { name: 'skb_pull_data', text: program(`${call('skb_pull_data', 60)}\n${keep(0)}\n${call('skb_pull_data', 61)}\n${keep(1)}`) },
  { name: 'skb_change_tail, shorter and longer', text: program(`${call('skb_change_tail', 48, 0)}\n${keep(0)}\n${call('skb_change_tail', 80, 0)}\n${keep(1)}`) },
  { name: 'skb_change_tail, too short', text: program(call('skb_change_tail', 10, 0)) },
  { name: 'skb_change_head', text: program(`${call('skb_change_head', 14, 0)}\n${keep(0)}`) },
  { name: 'skb_change_head with flags', text: program(call('skb_change_head', 14, 1)) },
  { name: 'skb_change_type', text: program(`${call('skb_change_type', 3)}\n${keep(0)}\nldxw %r1, [%r6+pkt_type]\nstxw [%r6+56], %r1\n${call('skb_change_type', 4)}`) },
  { name: 'skb_adjust_room behind Ethernet', text: program(`${call('skb_adjust_room', 8, 1, 0)}\n${keep(0)}`) },
  { name: 'skb_adjust_room behind IPv4', text: program(`${call('skb_adjust_room', 8, 0, 0)}\n${keep(0)}`) },
  { name: 'skb_adjust_room, closing', text: program(`${call('skb_adjust_room', -8, 1, 0)}\n${keep(0)}`) },
  { name: 'skb_adjust_room, closing more than there is', text: program(`${call('skb_adjust_room', -60, 1, 0)}\n${keep(0)}`) },
  { name: 'skb_adjust_room with flags that are none', text: program(call('skb_adjust_room', 8, 1, 0x10000)) },
  { name: 'skb_adjust_room in no mode', text: program(call('skb_adjust_room', 8, 7, 0)) },
  { name: 'skb_adjust_room too far', text: program(call('skb_adjust_room', 5000, 1, 0)) },
  { name: 'skb_vlan_push', text: program(`${call('skb_vlan_push', 0x81, 5)}\n${keep(0)}\nldxw %r1, [%r6+vlan_tci]\nstxw [%r6+56], %r1\nldxw %r1, [%r6+vlan_present]\nstxw [%r6+60], %r1`) },
  { name: 'skb_vlan_push twice', text: program(`${call('skb_vlan_push', 0x81, 5)}\n${call('skb_vlan_push', 0xa888, 6)}\n${keep(0)}\nldxw %r1, [%r6+protocol]\nstxw [%r6+56], %r1`) },
  { name: 'skb_vlan_push and pop', text: program(`${call('skb_vlan_push', 0x81, 5)}\n${call('skb_vlan_pop')}\n${keep(0)}\nldxw %r1, [%r6+vlan_present]\nstxw [%r6+56], %r1`) },
  { name: 'skb_vlan_pop of none', text: program(`${call('skb_vlan_pop')}\n${keep(0)}`) },
  { name: 'skb_vlan_pop of a tag in the frame', frame: VLAN, text: program(`${call('skb_vlan_pop')}\n${keep(0)}\nldxw %r1, [%r6+protocol]\nstxw [%r6+56], %r1`) },
  { name: 'skb_set_tunnel_key of odd sizes and flags', text: program(`
    stdw [%r10-48], 0
    stdw [%r10-40], 0
    stdw [%r10-32], 0
    stdw [%r10-24], 0
    stdw [%r10-16], 0
    stdw [%r10-8], 0
    ${call('skb_set_tunnel_key', '-48', 28, 0)}\n${keep(0)}
    ${call('skb_set_tunnel_key', '-48', 20, 0)}\n${keep(1)}
    ${call('skb_set_tunnel_key', '-48', 44, 0x100)}`) },
  { name: 'skb_get_tunnel_key after set swaps ends', text: program(`
    stdw [%r10-48], 7
    stw [%r10-44], 0x0a000002
    stdw [%r10-40], 0
    stdw [%r10-32], 0
    stw [%r10-28], 0x4000
    stdw [%r10-24], 0
    stdw [%r10-16], 0
    stdw [%r10-8], 0
    stw [%r10-20], 0x0a000001
    ${call('skb_set_tunnel_key', '-48', 44, 0)}
    stxw [%r6+cb], %r0
    stw [%r10-44], 0
    ${call('skb_get_tunnel_key', '-48', 44, 0)}
    ldxw %r1, [%r10-44]\nstxw [%r6+52], %r1
    ldxw %r1, [%r10-48]\nstxw [%r6+56], %r1
    ldxw %r1, [%r10-20]\nstxw [%r6+60], %r1
    ldxb %r1, [%r10-27]\nstxw [%r6+64], %r1`) },
  { name: 'tunnel options need a key', text: program(`
    stdw [%r10-8], 9
    ${call('skb_set_tunnel_opt', '-8', 4)}\n${keep(0)}
    ${call('skb_get_tunnel_opt', '-8', 4)}\n${keep(1)}`) },
  { name: 'check_mtu of the device, and of one that is not there', text: program(`
    stw [%r10-4], 0
    ${call('check_mtu', 0, '-4', 0, 0)}
    stxw [%r6+cb], %r0
    stw [%r10-4], 0
    ${call('check_mtu', 0, '-4', 70000, 0)}
    stxw [%r6+52], %r0
    ldxw %r1, [%r10-4]\nstxw [%r6+56], %r1
    ${call('check_mtu', 99999, '-4', 0, 0)}
    stxw [%r6+60], %r0
    ${call('check_mtu', 0, '-4', 0, 8)}`) },
  { name: 'redirect and redirect_peer', text: program('mov %r1, 1\nmov %r2, 2\ncall redirect\nstxw [%r6+cb], %r0\nmov %r1, 1\nmov %r2, 1\ncall redirect_peer\nstxw [%r6+52], %r0\nmov %r1, 1\nmov %r2, 0\ncall redirect') },
  { name: 'csum_update without a complete checksum', text: program(call('csum_update', 1)) },
  ...(['strtol', 'strtoul'] as const).flatMap(name => ([
    ['123', 0], ['123', 10], [' -12x', 0], ['0x1Fg', 0], ['0x1F', 16], ['1f', 16], ['017', 0], ['017', 8], ['019', 8], ['0x', 0], ['', 0], ['x', 10], ['12', 7], ['12', 32], ['+5', 10], ['99999999', 16],
  ] as const).map(([text, flags]): TcCase => ({ name: `${name} of '${text}' with ${flags}`, text: strto(name, text, flags) }))),
  { name: 'set_hash and get_hash_recalc', text: program(`${call('set_hash', 77)}\n${call('get_hash_recalc')}\nstxw [%r6+cb], %r0`) },
  ...([[0, 0], [4, 1], [200, 1], [46, 0], [60, 0], [46, 1], [0x10000, 0]] as const).map(([offset, from]): TcCase => ({
    name: `skb_load_bytes_relative of ${offset} behind ${from}`,
    text: program(`stdw [%r10-8], -1\n${call('skb_load_bytes_relative', offset, '-8', 8, from)}\nstxw [%r6+cb], %r0\nldxw %r1, [%r10-8]\nstxw [%r6+52], %r1\nldxw %r1, [%r10-4]\nstxw [%r6+56], %r1`),
  })),
  { name: 'skb_change_proto to IPv6 and back', text: program(`${call('skb_change_proto', 0xdd86, 0)}\n${keep(0)}\nldxw %r1, [%r6+protocol]\nstxw [%r6+56], %r1\n${call('skb_change_proto', 0x0008, 0)}\nstxw [%r6+60], %r0`) },
  { name: 'skb_change_proto to IPv6', text: program(`${call('skb_change_proto', 0xdd86, 0)}\n${keep(0)}`) },
  { name: 'skb_change_proto to what it is', text: program(call('skb_change_proto', 0x0008, 0)) },
  { name: 'skb_change_proto with flags', text: program(call('skb_change_proto', 0xdd86, 1)) },
  { name: 'fib_lookup of a strange family, too few bytes, flags that are none', text: program(`
    ${Array.from({ length: 8 }, (_, i) => `stdw [%r10-${64 - 8 * i}], 0`).join('\n')}
    stb [%r10-64], 77
    stw [%r10-56], 1
    ${call('fib_lookup', '-64', 64, 0)}\nstxw [%r6+cb], %r0
    ${call('fib_lookup', '-64', 60, 0)}\nstxw [%r6+52], %r0
    ${call('fib_lookup', '-64', 64, 0x4000)}\nstxw [%r6+56], %r0
    stb [%r10-64], 2
    stw [%r10-56], 99999
    ${call('fib_lookup', '-64', 64, 0)}\nstxw [%r6+60], %r0`) },
];

export const DEFAULT_FRAME: Uint8Array = IPV4;
