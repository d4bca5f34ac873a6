// filetest: reject
import { drop, module } from 'iovisor/module';

export function same<T>(x: T): T { return x; } // error IOV1009: A generic function

export default module(() => drop('end'));
