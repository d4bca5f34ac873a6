// Where the transport header of a frame begins, as sockets and TAPs tell the stack when they send one (skb_probe_transport_header, net/core/flow_dissector.c):
// programs may not cut a packet shorter. Not inside of tunnels, into which the kernel looks too.

const ETHERNET_BYTES = 14, IP6_BYTES = 40;
const HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION = 60;

/** Nothing where it cannot be told. */
export function transportOf(frame: Uint8Array): { readonly transportBytes?: number } {
  const byte = (at: number): number => frame[at] ?? 0;
  const type = byte(12) << 8 | byte(13);
  let at = ETHERNET_BYTES;
  if (type === 0x0800) {
    const words = byte(at) & 15;
    at += 4 * words;
    return words >= 5 && frame.byteLength >= ETHERNET_BYTES + 20 ? { transportBytes: at } : {};
  }
  if (type !== 0x86dd || frame.byteLength < at + IP6_BYTES) return {};
  let next = byte(at + 6);
  at += IP6_BYTES;
  for (let headers = 0; headers < 14; headers++) {
    if (next === FRAGMENT) {
      if (frame.byteLength < at + 8) return {};
      const isLater = (byte(at + 2) << 8 | byte(at + 3) & 0xf8) !== 0;
      next = byte(at);
      at += 8;
      if (isLater) break;
    } else if (next === HOP_BY_HOP || next === ROUTING || next === DESTINATION) {
      if (frame.byteLength < at + 2) return {};
      const bytes = 8 * (byte(at + 1) + 1);
      next = byte(at);
      at += bytes;
    } else break;
  }
  return { transportBytes: at };
}
