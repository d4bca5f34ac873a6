// filetest: run
// Options of IPv4 and TCP, of extension headers, and a run of the author's own.
import { drop, Eth, Ipv4, Ipv6, Ipv6Fragment, Ipv6Options, module, Tcp, tlvs, to, type Packet, type Verdict, type u16, type u32 } from 'iovisor/module';

export default module(pkt => {
  const eth = pkt.at(Eth);
  const six = eth.payload(Ipv6);
  if (six) return ofSix(six);
  const ip = eth.payload(Ipv4);
  if (!ip) return own(pkt);
  let sum: u32 = 0;
  for (const option of ip.options) sum += option.type + option.length;
  const tcp = ip.payload(Tcp);
  if (tcp) {
    let mss: u16 = 0;
    for (const option of tcp.options) if (option.type === 2) mss = option.be16();
    return to(mss);
  }
  return to(sum & 0xffff);
});

function ofSix(ip: Ipv6): Verdict {
  const fragment = ip.payload(Ipv6Fragment);
  if (fragment) return to(fragment.fragmentOffset + (fragment.moreFragments ? 1000 : 0));
  const options = ip.payload(Ipv6Options);
  if (!options) return drop('none');
  let count: u16 = 0;
  for (const option of options.options) count = count + option.type & 0xff;
  return to(count);
}

function own(pkt: Packet): Verdict {
  let last: u32 = 0;
  for (const t of tlvs(pkt, { offset: 14, end: 30, most: 6, stop: 9, pad: 7 })) last = t.u8(1);
  return to(last & 0xffff);
}

// run: send(0, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv4({ src: '10.0.0.1', dst: '10.0.0.2', options: '0194040000000000' }), data('x')], to(150))
// run: send(0, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: 0x0800 }), bytes('45000030 00000000 40060000 0a000001 0a000002 00010002 00000000 00000000 7002ffff 00000000 01020405 b4000000')], to(1460))
// run: send(0, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv6({ src: '::1', dst: '::2' }), hopByHop({ words: 1 }), data('x')], to(1))
// run: send(0, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv6({ src: '::1', dst: '::2' }), hopByHop({ words: 1 }), fragment({ id: 1, offset: 24, more: true, next: 17 }), data('x')], to(1003))
// run: send(0, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), ipv6({ src: '::1', dst: '::2' }), data('x')], dropped('none'))
// run: send(0, [eth({ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02' }), bytes('07 0102aabb 07 0201cc 03020102 09 0203dd')], to(2))
