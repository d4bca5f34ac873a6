// filetest: reject
// C, not TypeScript.
import { drop, module } from 'iovisor/module';

int main(struct xdp_md *ctx) { return XDP_DROP; } // error IOV1001@4: Syntax error: Expected a semicolon or an implicit semicolon after a st

export default module(() => drop('end'));
