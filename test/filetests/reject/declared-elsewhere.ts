// filetest: reject
import { drop, module, type u32 } from 'iovisor/module';

declare const limit: u32; // error IOV2030@15: 'limit'

export default module(pkt => pkt.port > limit ? drop('a') : drop('b'));
