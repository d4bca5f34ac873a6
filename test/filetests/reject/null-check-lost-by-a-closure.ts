// filetest: reject
// The closure may have assigned it.
import { HashMap, drop, module, type u16, type u32 } from 'iovisor/module';

export const ports = new HashMap<u32, u16>(16);
export function f(): u16 {
  let port = ports.get(0);
  const again = () => { port = ports.get(1); };
  if (port === undefined) return 0;
  again();
  return port; // error IOV2009@10: 'port' may be undefined
}

export default module(() => drop('end'));
