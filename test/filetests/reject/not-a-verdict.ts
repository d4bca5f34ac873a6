// filetest: reject
import { module } from 'iovisor/module';

export default module(pkt => pkt.port); // error IOV2004@30: u16 where a verdict
