// filetest: reject
// A namespace.
import { drop, module } from 'iovisor/module';

namespace Inner { export const a = 1; } // error IOV1009@1: A namespace is not in the module language

export default module(() => drop('end'));
