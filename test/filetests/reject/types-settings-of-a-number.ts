// filetest: reject
// Settings are a class.
import { config, drop, module } from 'iovisor/module';

export const settings = config(3); // error IOV2004@32: This where a class is needed

export default module(() => drop('end'));
