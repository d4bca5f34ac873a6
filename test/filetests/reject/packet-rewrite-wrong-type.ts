// filetest: reject
// A field of a rewrite is of another type.
import { Eth, Tcp, drop, module } from 'iovisor/module';

export function f(tcp: Tcp, eth: Eth): void { tcp.rewrite({ dstPort: eth.src }); } // error IOV2004@70: Mac where u16 is needed

export default module(() => drop('end'));
