// filetest: reject
import { drop, ipv4, ipv6, Mac, mac, module } from 'iovisor/module';

export const a = ipv4('10.0.0.256'); // error IOV2015@23: '10.0.0.256'
export const b = ipv4('10.0.0'); // error IOV2015@23
export const c = ipv6('fd00::1::2'); // error IOV2015@23
export const d = mac('02:00:00:00:00'); // error IOV2015@22
export const e = ipv6('fd00::10.0.0.1');
export function f(x: Mac): boolean { return x === mac('02:00:00:00:00:01'); }

export default module(() => drop('end'));
