// filetest: reject
import { drop, flood, module, type Verdict } from 'iovisor/module';

export default module(pkt => {
  drop('x'); // error IOV5003@3
  if (pkt.port === 1) refuse(); // error IOV5003@23
  return flood();
});
function refuse(): Verdict { return drop('refused'); }
