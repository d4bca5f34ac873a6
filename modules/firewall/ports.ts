// Rules about protocols and ports, in their order, as prefixes of which the longest that has a packet names the rule that decides it.
// Whom rules are about is not seen here.

const ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58;
const NUMBERS = { tcp: [TCP], udp: [UDP], icmp: [ICMP, ICMPV6] } as const;
const PORTS = 0x1_0000;

export interface Matched {
  readonly rank: number;
  readonly ports: readonly { readonly protocol: keyof typeof NUMBERS; readonly ports?: readonly [number, number] }[] | undefined;
}
/** Of (protocol, port): 0 bits are everything, 8 a protocol, 24 one port. */
export interface PortEntry { readonly rank: number; readonly protocol: number; readonly port: number; readonly bits: number }

/** The lowest rank decides. No entry: no rule. */
export function entriesOf(rules: readonly Matched[]): PortEntry[] {
  const ranges = new Map<number, { from: number; to: number; rank: number }[]>();
  let everything = Infinity;
  for (const { rank, ports } of rules) {
    if (ports === undefined) everything = Math.min(everything, rank);
    for (const { protocol, ports: [from, to] = [0, PORTS - 1] } of ports ?? []) {
      for (const number of NUMBERS[protocol]) {
        const list = ranges.get(number);
        if (list) list.push({ from, to, rank }); else ranges.set(number, [{ from, to, rank }]);
      }
    }
  }
  const all: PortEntry[] = everything === Infinity ? [] : [{ rank: everything, protocol: 0, port: 0, bits: 0 }];
  for (const [protocol, list] of ranges) {
    const whole = list.reduce((least, { from, to, rank }) => from === 0 && to === PORTS - 1 ? Math.min(least, rank) : least, everything);
    // A rule that stands behind one for the whole protocol decides nothing.
    const parts = pieces(list.filter(range => range.rank < whole));
    // Ranges of one rule may be the whole protocol together.
    const isWhole = parts[0]?.from === 0 && parts[0].to === PORTS - 1;
    if (whole < everything && !isWhole) all.push({ rank: whole, protocol, port: 0, bits: 8 });
    for (const { from, to, rank } of parts) {
      for (const { port, bits } of prefixesOf(from, to)) all.push({ rank, protocol, port, bits: 8 + bits });
    }
  }
  return all;
}

/** Ranges that overlap as ranges that do not, each of the lowest rank that has it. */
function pieces(ranges: readonly { readonly from: number; readonly to: number; readonly rank: number }[]): { from: number; to: number; rank: number }[] {
  const starts = [...ranges].sort((a, b) => a.from - b.from);
  const edges = [...new Set(ranges.flatMap(({ from, to }) => [from, to + 1]))].sort((a, b) => a - b);
  const found: { from: number; to: number; rank: number }[] = [];
  let open: typeof starts = [];
  let next = 0;
  for (const [i, from] of edges.entries()) {
    open = open.filter(range => range.to >= from);
    while (next < starts.length && starts[next]!.from <= from) open.push(starts[next++]!);
    if (open.length === 0) continue;
    const rank = open.reduce((least, range) => Math.min(least, range.rank), Infinity);
    const to = edges[i + 1]! - 1;
    const before = found.at(-1);
    if (before?.rank === rank && before.to === from - 1) before.to = to;
    else found.push({ from, to, rank });
  }
  return found;
}

/** The fewest prefixes of 16 bits that together are a range. */
function prefixesOf(from: number, to: number): { port: number; bits: number }[] {
  const all: { port: number; bits: number }[] = [];
  for (let at = from; at <= to;) {
    let size = at === 0 ? PORTS : at & -at;
    while (at + size - 1 > to) size /= 2;
    all.push({ port: at, bits: 16 - Math.log2(size) });
    at += size;
  }
  return all;
}
