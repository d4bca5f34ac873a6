// Where the transport header of a frame begins, as sockets and TAPs tell the stack when they send one (skb_probe_transport_header, net/core/flow_dissector.c):
// programs may not cut a packet shorter. The kernel believes lengths, looks into IP in IP, behind no fragment, and never past the frame's end.
// It also looks into GRE and MPLS; this does not.

const ETHERNET_BYTES = 14, IP4_BYTES = 20, IP6_BYTES = 40, FRAGMENT_BYTES = 8;
const IP4 = 4, IP6 = 41, HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, DESTINATION = 60;
/** MAX_FLOW_DISSECT_HDRS, the first IP header and the one at which it stops. */
const MOST_HEADERS = 17;

/** Nothing where it cannot be told. */
export function transportOf(frame: Uint8Array): { readonly transportBytes?: number } {
  const end = headersEnd(frame);
  return end === undefined ? {} : { transportBytes: Math.min(end, frame.byteLength) };
}

function headersEnd(frame: Uint8Array): number | undefined {
  const byte = (at: number): number => frame[at] ?? 0;
  const type = byte(12) << 8 | byte(13);
  if (type !== 0x0800 && type !== 0x86dd) return undefined;
  let at = ETHERNET_BYTES, next = type === 0x0800 ? IP4 : IP6, isSix = false;
  for (let headers = 0; headers < MOST_HEADERS; headers++) {
    const left = frame.byteLength - at;
    if (next === IP4) {
      const bytes = 4 * (byte(at) & 15);
      if (left < IP4_BYTES || bytes < IP4_BYTES) return undefined;
      const isFragment = (byte(at + 6) & 0x3f | byte(at + 7)) !== 0;
      next = byte(at + 9);
      at += bytes;
      isSix = false;
      if (isFragment) return at;
    } else if (next === IP6) {
      if (left < IP6_BYTES) return undefined;
      next = byte(at + 6);
      at += IP6_BYTES;
      isSix = true;
    } else if (isSix && next === FRAGMENT) {
      return left < FRAGMENT_BYTES ? undefined : at + FRAGMENT_BYTES;
    } else if (isSix && (next === HOP_BY_HOP || next === ROUTING || next === DESTINATION)) {
      if (left < 2) return undefined;
      const bytes = 8 * (byte(at + 1) + 1);
      next = byte(at);
      at += bytes;
    } else return at;
  }
  return at;
}
