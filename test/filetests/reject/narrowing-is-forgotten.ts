// filetest: reject
import { drop, HashMap, Mac, module, range, u16 } from 'iovisor/module';

const ports = new HashMap<Mac, u16>(16);
export function f(who: Mac): u16 {
  let port = ports.get(who);
  if (port === undefined) return 0;
  port = ports.get(who);
  return port; // error IOV2009@10
}
export function g(who: Mac): u16 {
  let port = ports.get(who);
  if (port === undefined) port = 7;
  return port;
}
export function h(who: Mac): u16 {
  let port = ports.get(who);
  for (const i of range(3, 3)) {
    if (port !== undefined && i === 1) return port;
    port = ports.get(who);
  }
  return port ?? 0;
}

export default module(() => drop('end'));
