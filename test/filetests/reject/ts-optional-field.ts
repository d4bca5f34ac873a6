// filetest: reject
// A field that may not be there.
import { drop, module, type u32 } from 'iovisor/module';

class Box { value?: u32 } // error IOV2021@13: Field 'value' needs an initial value

export default module(() => drop('end'));
