// filetest: reject
import { drop, mac, module } from 'iovisor/module';

const reason = 1;
export const a = module(() => drop('no'));  // error IOV1009@18: 'module' here
export const b = mac(reason); // error IOV2016@22
export default module(() => drop(reason)); // error IOV2016@34
