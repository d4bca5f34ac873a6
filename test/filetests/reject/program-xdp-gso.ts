// filetest: reject
// No segments before the stack.
import { drop, next, xdp } from 'iovisor/module';

export default xdp(pkt => pkt.gsoSize > 0 ? drop('a') : next()); // error IOV3007@31: 'gsoSize' is not there on XDP
