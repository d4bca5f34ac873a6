// filetest: reject
import { ArrayMap, drop, LpmTrie, module, u32, type Ip6 } from 'iovisor/module';

const routes = new LpmTrie<Ip6, u32>(16);
const slots = new ArrayMap<u32>(16);
export function f(a: Ip6): void {
  routes.set(a, 1); // error IOV2013@10: 'routes' has no 'set'
  slots.delete(1); // error IOV2013@9
  routes.get(1); // error IOV2008@14
}

export default module(() => drop('end'));
