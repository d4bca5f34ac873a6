// filetest: reject
// A file by its name without `.ts`.
import { drop, module } from 'iovisor/module';

import { limit } from './limits'; // error IOV1004@10: There is no './limits'

export default module(() => drop('end'));
