// filetest: reject
// A verdict that is only named.
import { drop, flood, module } from 'iovisor/module';

export default module(pkt => { if (pkt.port === 1) drop('one'); return flood(); }); // error IOV5003@52: The verdict is not returned
