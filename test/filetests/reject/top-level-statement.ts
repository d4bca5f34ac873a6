// filetest: reject
import { drop, module } from 'iovisor/module';

for (let i = 0; i < 3; i++) { } // error IOV5017@1

export default module(() => drop('end'));
