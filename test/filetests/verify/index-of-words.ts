// filetest: verify
// An index that is checked after arithmetic whose result old verifiers know nothing of: a swap, a combination of two unknowns.
import { Header, config, module, to, u16, type be32, type u32, type u8 } from 'iovisor/module';

class Words extends Header { a: u32 = 0; b: u32 = 0; c: be32 = 0; shift: u8 = 0 }
export const settings = config(class { table: [u16, u16, u16] = [1, 2, 3] });

export default module(pkt => {
  const words = pkt.at(Words, 14);
  const mixed: u32 = words.a ^ (words.b >> (words.shift & 31));
  const swapped: u32 = words.c;
  return to(u16((settings.table[mixed] ?? 7) + (settings.table[swapped] ?? 8)));
});

// run: send(1, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2' }), udp({ srcPort: 1, dstPort: 2 }), data(2)], to(15))
