// filetest: reject
// An operand is missing.
import { drop, module } from 'iovisor/module';

export const a = 1 + ; // error IOV1001@22: Syntax error: Unexpected token

export default module(() => drop('end'));
