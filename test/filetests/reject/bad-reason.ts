// filetest: reject
import { drop, module } from 'iovisor/module';

export default module(pkt => {
  if (pkt.port === 1) return drop('Not Here!'); // error IOV5008@35: 'Not Here!'
  if (pkt.port === 2) return drop(''); // error IOV5008@35
  return drop(pkt.port === 3 ? 'three' : 'more');
});
