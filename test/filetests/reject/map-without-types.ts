// filetest: reject
// What it maps is not said.
import { HashMap, drop, module } from 'iovisor/module';

export const seen = new HashMap(16); // error IOV2014@21: 'HashMap' takes 2 types, not 0

export default module(() => drop('end'));
