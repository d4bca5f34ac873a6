// filetest: reject
// A kernel's number is no verdict.
import { xdp } from 'iovisor/module';

export default xdp(() => 2); // error IOV2004@26: u32 where a verdict is needed
