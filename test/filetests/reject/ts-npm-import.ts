// filetest: reject
// A package.
import { drop, module } from 'iovisor/module';

import { debounce } from 'lodash'; // error IOV1004@10: There is no 'lodash'

export default module(() => drop('end'));
