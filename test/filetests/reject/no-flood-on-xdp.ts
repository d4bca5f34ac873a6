// filetest: reject
import { flood, xdp } from 'iovisor/module';

export default xdp(() => flood()); // error IOV5004@26: XDP has no 'flood'
