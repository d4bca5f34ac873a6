// filetest: reject
import { drop, module } from 'iovisor/module';

export function f(x) { } // error IOV2025@19: 'x'

export default module(() => drop('end'));
