// filetest: reject
import { drop, module } from 'iovisor/module';

export function f(x) { } // error IOV2025: 'x'

export default module(() => drop('end'));
