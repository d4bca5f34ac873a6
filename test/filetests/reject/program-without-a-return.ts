// filetest: reject
// Some packets get no verdict.
import { drop, module } from 'iovisor/module';

export default module(pkt => { if (pkt.port === 1) return drop('one'); }); // error IOV5001@72: Not every way ends with a return
