// filetest: reject
import { drop, next, xdp } from 'iovisor/module';

export default xdp(pkt => {
  if (pkt.meta.domain === 1) return next(); // error IOV3007@11: 'meta'
  if (pkt.gsoSize > 0) return next(); // error IOV3007@11: 'gsoSize'
  return drop('x');
});
