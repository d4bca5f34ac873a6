// The contract between a module's code and whoever joins it to others: how it is entered, where the packet's record lives,
// how it leaves. The compiler emits to it, linkers complete it; neither knows the other.
//
// Entry (tc): r1 = struct __sk_buff *. The packet's record lies in skb->cb, 5 words of 32 bits, and lives on one server:
//
//     cb[0]  bits 0-15 port of entry, 16-23 hops (16 at most), 24-31 conntrack (0 none, 1 new, 2 established, 3 related)
//     cb[1]  domain        cb[2]  source endpoint        cb[3]  source group        cb[4]  tunnel key
//
// Of the packet so much is in the linear part as the program's `reads` say, or all of it, or all headers of a packet of several segments, or of TCP.
//
// A stage of the module is entered likewise, by a tail call; the record is as the jump left it.
//
// Exit: the code jumps (`ja` with an `exit` relocation) to a joint that the linker appends. It never returns. At the jump:
//
//     r1 = ctx       r2 = port (to) or index of the site (drop, punt); unset for flood, reply, next
//
// No other register and no stack slot holds anything that the joint may use; it may use STACK_BYTES of stack.
// A joint must work for tc and end the program: `exit`, or a tail call with a named drop behind it.
//
// Call: an effect is a function that the linker appends, called by a `call` relocation. At the call r1 = ctx, r2 = port (mirror), or the offset of
// a checksum that is 0 so far, and r3 = a byte that the kernel's duty begins before, at most FINISH_REACH (finish). Behind it r0 is 0 or it was refused
// (mirror: anything), r1-r5 hold nothing, r6-r9 what they held, and pointers into the packet are void. The function may use CALLED_STACK_BYTES of
// stack; the kernel counts them to the program's, so a program that calls, and the joints that it exits to, have STACK_BYTES - CALLED_STACK_BYTES.

/** The kernel's MAX_BPF_STACK: a program and what it calls together. */
export const STACK_BYTES = 512;
export const CALLED_STACK_BYTES = 128;
/** How far into a packet the effect `finish` sees: headers, and headers that an ICMP error quotes. */
export const FINISH_REACH = 192;

/** Byte offsets in struct __sk_buff (uapi linux/bpf.h). */
export const SKB = {
  len: 0, pkt_type: 4, mark: 8, queue_mapping: 12, protocol: 16, vlan_present: 20, vlan_tci: 24, vlan_proto: 28, priority: 32,
  ingress_ifindex: 36, ifindex: 40, tc_index: 44, cb: 48, hash: 68, tc_classid: 72, data: 76, data_end: 80, napi_id: 84,
  data_meta: 140, gso_segs: 164, gso_size: 176,
} as const;

/** Byte offsets in struct xdp_md. */
export const XDP = { data: 0, data_end: 4, data_meta: 8, ingress_ifindex: 12, rx_queue_index: 16, egress_ifindex: 20 } as const;

/** Byte offsets of the packet's record in struct __sk_buff. */
export const META = { port: 48, hops: 50, conntrack: 51, domain: 52, sourceEndpoint: 56, sourceGroup: 60, tunnelKey: 64 } as const;

/** `expires` of an entry of an expiring map that stays (u64). */
export const STAYS = 0xffff_ffff_ffff_ffffn;
