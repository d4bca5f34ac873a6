// Kernel helpers that lowered code calls, by their numbers (uapi linux/bpf.h), and flags of theirs.

export const HELPER = {
  map_lookup_elem: 1, map_update_elem: 2, map_delete_elem: 3, ktime_get_ns: 5, get_prandom_u32: 7, l3_csum_replace: 10, l4_csum_replace: 11, tail_call: 12,
  clone_redirect: 13, skb_vlan_push: 18, skb_vlan_pop: 19, csum_diff: 28, skb_change_tail: 38, skb_pull_data: 39, skb_change_head: 43, xdp_adjust_head: 44, skb_adjust_room: 50,
  xdp_adjust_tail: 65, jiffies64: 118, ringbuf_output: 130, xdp_get_buff_len: 188,
} as const;

/** map_update_elem. */
export const UPDATE = { any: 0, new: 1, exists: 2 } as const;

/** l4_csum_replace. */
export const CSUM = { MARK_MANGLED_0: 0x20, PSEUDO_HDR: 0x10 } as const;

/** skb_adjust_room: behind the Ethernet header. */
export const ROOM_MAC = 1;
/** Its flags: what the outer header of a tunnel is (there since 5.2); segments keep their size. */
export const ROOM = { fixed: 1, Ipv4: 2, Ipv6: 4 } as const;
