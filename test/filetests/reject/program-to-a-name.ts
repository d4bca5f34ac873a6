// filetest: reject
// A port is a number.
import { module, to } from 'iovisor/module';

export default module(() => to('eth0')); // error IOV1011@32: Text is not a value
