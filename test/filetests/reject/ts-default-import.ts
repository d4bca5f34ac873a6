// filetest: reject
// A default import.
import lib from 'iovisor/module'; // error IOV1006@8: This form of import or export is not in the module language
import { drop, module } from 'iovisor/module';

export default module(() => drop('end'));
