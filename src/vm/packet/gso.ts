// Kinds of segments that a large packet will be cut into (SKB_GSO_*, include/linux/skbuff.h). Cutting is no matter of this engine.

export const GSO = { tcp4: 1, dodgy: 2, tcp6: 1 << 4, gre: 1 << 6, ipIp4: 1 << 8, ipIp6: 1 << 9, udpTunnel: 1 << 10, udp: 1 << 17 } as const;

export function isTcp(type: number): boolean {
  return (type & (GSO.tcp4 | GSO.tcp6)) !== 0;
}
