// filetest: reject
import { drop, module } from 'iovisor/module';

export const name = 'web'; // error IOV1011@21

export default module(() => drop('end'));
