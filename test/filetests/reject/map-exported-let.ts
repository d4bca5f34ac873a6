// filetest: reject
// State is in maps, and maps are constants.
import { HashMap, drop, module, type u32 } from 'iovisor/module';

export let seen = new HashMap<u32, u32>(16); // error IOV1009@8: 'let' at the top of a file is not in the module language

export default module(() => drop('end'));
