// filetest: reject
// Code behind the verdict.
import { Eth, flood, module } from 'iovisor/module';

export default module(pkt => { return flood(); pkt.at(Eth); }); // error IOV5002@48: This is never reached
