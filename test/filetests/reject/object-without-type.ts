// filetest: reject
import { drop, module, port, u16 } from 'iovisor/module';

export function f(): u16 {
  const place = { port: 1 }; // error IOV2018@17
  return place.port;
}

export default module(() => drop('end'));
