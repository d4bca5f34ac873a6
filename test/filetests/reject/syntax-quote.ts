// filetest: reject
// A text that does not end.
import { drop, module } from 'iovisor/module';

export default module(() => drop('end)); // error IOV1001@34: Syntax error: Unterminated string
