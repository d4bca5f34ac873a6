// filetest: run
// Methods and getters of structs and headers; structs made with `new`.
import { Eth, HashMap, Header, Udp, Ipv4, drop, module, to, u16, type u32, type u8 } from 'iovisor/module';

class Tally {
  packets: u32 = 0;
  bytes: u32 = 10;
  get mean(): u32 { return this.bytes / this.packets; }
  get isBusy() { return this.packets > 2; }
  add(bytes: u32, packets: u32 = 1): void {
    this.packets += packets;
    this.bytes += bytes;
  }
  above(limit: u32): boolean { return this.mean > limit && !this.isBusy; }
}
class Word extends Header {
  first: u8 = 0;
  rest: u16 = 0;
  get version(): u8 { return this.first >> 4; }
  get flags() { return this.first & 15; }
  mark(bits: u8): void { this.first |= bits; }
}
export const tallies = new HashMap<u16, Tally>(16);
const START = new Tally();

export default module(pkt => {
  const udp = pkt.at(Eth).payload(Ipv4)?.payload(Udp);
  const word = udp?.payload(Word);
  if (!udp || !word) return drop('not-ours');
  const known = tallies.get(pkt.port);
  if (known) {
    known.add(word.rest);
    return to(u16(known.mean + (known.above(30) ? 1000 : 0) + (known.isBusy ? 2000 : 0)));
  }
  const fresh = new Tally();
  fresh.add(word.version, 2);
  fresh.add(word.flags, START.packets);
  tallies.set(pkt.port, fresh);
  return to(u16(fresh.bytes * 100 + fresh.packets));
});

// given: { tallies: [[5, { packets: 0, bytes: 0 }]] }
// run: send(1, [eth({ dst: '02:00:00:00:00:09', src: '02:00:00:00:00:01' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), bytes('4f0700')], to(2902))
// run: send(1, [eth({ dst: '02:00:00:00:00:09', src: '02:00:00:00:00:01' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), bytes('4f0700')], to(2012))
// run: send(5, [eth({ dst: '02:00:00:00:00:09', src: '02:00:00:00:00:01' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), bytes('4f2800')], to(1040))
