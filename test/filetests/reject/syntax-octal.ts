// filetest: reject
// An old number.
import { drop, module } from 'iovisor/module';

export const a = 0755; // error IOV1009@18: A number that begins with 0 is not in the module language

export default module(() => drop('end'));
