// filetest: run
// Elements are assigned: in the program's own structs, in maps, by constants and by what the checker knows to be within; and where headers of
// variable length end.
import { Eth, HashMap, Ip, Tcp, bytes, drop, module, to, u16, u8, type Bytes } from 'iovisor/module';

class Tally {
  runs: [u16, u16, u16, u16] = [1, 2, 3, 4];
  data: Bytes<4> = bytes(4);
}
export const tallies = new HashMap<u16, Tally>(4);

export default module(pkt => {
  const ip = pkt.at(Eth).payload(Ip);
  const tcp = ip?.payload(Tcp);
  if (!ip || !tcp) return drop('no-tcp');
  if (pkt.port > 9) return to(pkt.port === 10 ? ip.end : tcp.end);
  const own = new Tally();
  own.runs[1] = 20;
  own.runs[pkt.port & 3] = 100;
  own.data[3] = 7;
  const runs = own.runs;
  runs[0] = 50;
  const entry = tallies.get(1);
  if (entry) {
    entry.runs[2] = 30;
    entry.runs[pkt.port & 3] = u16(entry.runs[3] + 1);
    entry.data[pkt.port & 1] = u8(pkt.port);
    return to(u16(entry.runs[0] + entry.runs[1] + entry.runs[2] + (entry.data[1] ?? 500)));
  }
  tallies.set(1, own);
  return to(u16(own.runs[0] + own.runs[1] + own.runs[2] + (own.data[3] ?? 500) + runs[0]));
});

// run: send(0, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ srcPort: 1, dstPort: 2, flags: 'S' })], to(180)), send(3, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ srcPort: 1, dstPort: 2, flags: 'S' })], to(153)), send(1, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), tcp({ srcPort: 1, dstPort: 2, flags: 'S' })], to(161))
// run: send(10, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2', options: '01010101' }), tcp({ srcPort: 1, dstPort: 2, flags: 'S' })], to(38))
// run: send(11, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2', options: '01010101' }), tcp({ srcPort: 1, dstPort: 2, flags: 'S' })], to(58))
// run: send(11, [eth({ src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' }), ipv6({ src: 'fd00::1', dst: 'fd00::2' }), hopByHop(), tcp({ srcPort: 1, dstPort: 2, flags: 'S' })], to(82))
