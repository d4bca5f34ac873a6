// filetest: reject
import { Eth, mirror, next, xdp } from 'iovisor/module';

export default xdp(pkt => {
  if (pkt.at(Eth).type === 0x0800) {
    mirror(3); // error IOV5018@5: XDP cannot mirror
  }
  return next();
});
