// filetest: reject
import { drop, module } from 'iovisor/module';

export default module(pkt => {
  while (pkt.port > 0) { } // error IOV5005@3: 'while'
  do { } while (pkt.port > 0); // error IOV5005@3
  return drop('x');
});
