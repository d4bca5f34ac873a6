// filetest: reject
// A program takes the packet.
import { next, xdp } from 'iovisor/module';

export default xdp((pkt, ctx) => next()); // error IOV2014@20: 'main' takes 1 parameter, not 2
