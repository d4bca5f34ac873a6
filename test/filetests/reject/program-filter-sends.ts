// filetest: reject
// A filter has no ports.
import { filter, to } from 'iovisor/module';

export default filter({ egress: () => to(1) }); // error IOV5004@39: This kind of program has no 'to'
