// filetest: reject
// A fraction with an n.
import { drop, module } from 'iovisor/module';

export const a = 1.5n; // error IOV1001@21: Syntax error: Invalid characters after number

export default module(() => drop('end'));
