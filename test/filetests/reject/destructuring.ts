// filetest: reject
import { drop, Eth, module, to } from 'iovisor/module';

export function f(eth: Eth): boolean {
  const { src, dst: to, kind } = eth; // error IOV2013@25: 'kind'
  return src === to;
}

export default module(() => drop('end'));
