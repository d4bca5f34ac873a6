// What a program asks of the network around it. The vm only says it; sending is the data path's.

/** Outer headers that come with a packet from a tunnel device, or are set for one (struct bpf_tunnel_key). */
export interface Tunnel {
  readonly id: number;
  /** 4 or 16 bytes, network order. Of a received packet: the sender. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly tos: number;
  readonly ttl: number;
  readonly label: number;
  /** BPF_F_ZERO_CSUM_TX, DONT_FRAGMENT, SEQ_NUMBER, NO_TUNNEL_KEY as given. */
  readonly flags: number;
  /** Of VXLAN-GBP: struct vxlan_metadata, one u32 in host order. Empty: none. */
  readonly options: Uint8Array;
  /** Set by a program, to be sent; else it is what was received. */
  readonly transmit: boolean;
}

/** An 802.1Q or 802.1ad tag: EtherType and control information. */
export interface Vlan { readonly protocol: number; readonly tci: number }

export type Effect =
  /** The packet goes to a device: out of it, into it (`ingress`), or to the far end of its veth pair (`peer`). */
  | { readonly kind: 'redirect'; readonly ifindex: number; readonly to: 'egress' | 'ingress' | 'peer' }
  /** Out of a device to a neighbour: who carries it out writes its MAC. `nextHop`: 4 or 16 bytes, network order; undefined: as routes say. */
  | { readonly kind: 'redirect'; readonly ifindex: number; readonly to: 'neighbor'; readonly nextHop: Uint8Array | undefined }
  /** A copy of the packet as it was at that moment goes to a device. */
  | {
    readonly kind: 'clone'; readonly ifindex: number; readonly to: 'egress' | 'ingress';
    readonly frame: Uint8Array; readonly mark: number; readonly cb: readonly number[]; readonly tunnel: Tunnel | undefined;
    /** The tag beside it. */
    readonly vlan?: Vlan;
  };
