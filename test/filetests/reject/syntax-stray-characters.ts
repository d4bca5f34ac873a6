// filetest: reject
// Characters that mean nothing.
import { drop, module } from 'iovisor/module';

export const a = 3 § 4; // error IOV1001@20: Syntax error: Invalid Character `§` // error IOV1001@19: Syntax error: Expected a semicolon or an implicit semicolon after a st

export default module(() => drop('end'));
