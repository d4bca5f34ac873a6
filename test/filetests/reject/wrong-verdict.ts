// filetest: reject
import { module, next, to } from 'iovisor/module';

export default module(pkt => {
  if (pkt.port === 1) return next(); // error IOV5004@30: no 'next'
  return to(1);
});
