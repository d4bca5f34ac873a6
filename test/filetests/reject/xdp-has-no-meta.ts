// filetest: reject
import { drop, next, xdp } from 'iovisor/module';

export default xdp(pkt => {
  if (pkt.meta.domain === 1) return next(); // error IOV3007: 'meta'
  if (pkt.gsoSize > 0) return next(); // error IOV3007: 'gsoSize'
  return drop('x');
});
