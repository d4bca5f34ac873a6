// filetest: reject
// Stages: what they are made of, what they are handed, and how they are left.
import { Eth, Ip, bytes, drop, filter, next, stage, to, type Bytes, type Packet, type FilterVerdict, type XdpPacket, type u32 } from 'iovisor/module';

class Seen { count: u32 = 0 }
class Other { count: u32 = 0 }
class Large { all: Bytes<65> = bytes(65) }

const plain = stage(pkt => pkt.length > 60 ? drop('long') : next());
const handed = stage((pkt, seen: Seen) => seen.count > pkt.length ? drop('many') : next());
const named = stage(plain); // error IOV1009@21: This stage is not in the module language
const empty = stage(); // error IOV1009@15: This stage
const number = stage((pkt, count: u32) => next()); // error IOV2004@28: u32 where a class is needed
const view = stage((pkt, ip: Ip) => next()); // error IOV2004@26: where a class is needed
const large = stage((pkt, large: Large) => next()); // error IOV4011@27: Large is too large: 65 bytes, at most 64
const three = stage((pkt, seen: Seen, more: Seen) => next()); // error IOV2014@21
const turned = stage((seen: Seen, pkt: Packet) => next()); // error IOV2004@23: Seen where a Packet is needed
const untyped = stage((pkt, state) => next()); // error IOV2025@29: The type of 'state' is missing
const sends = stage(pkt => to(3)); // error IOV5004@28: This kind of program has no 'to'
const xdp = stage((pkt: XdpPacket) => next());

const first = stage((pkt): FilterVerdict => second(pkt));
const second = stage((pkt): FilterVerdict => third(pkt));
function third(pkt: Packet): FilterVerdict { return first(pkt); } // error IOV5007@53: 'first' calls itself

export default filter({
  ingress(pkt) {
    const eth = pkt.at(Eth);
    if (eth.type === 1) return handed(pkt); // error IOV2014@32
    if (eth.type === 2) return plain(pkt, { count: 1 }); // error IOV2014@32
    const other: Other = { count: 1 };
    if (eth.type === 3) return handed(pkt, other); // error IOV2004@44: Other where Seen is needed
    if (eth.type === 4) return xdp(pkt); // error IOV2004@36
    const of = plain; // error IOV5011@16
    const here = stage((inner: Packet) => next()); // error IOV4001@18: A stage is made in a function
    plain(pkt); // error IOV5003@5
    return first(pkt);
  },
});
