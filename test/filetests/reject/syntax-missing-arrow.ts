// filetest: reject
// A function without its arrow.
import { drop, module } from 'iovisor/module';

export default module(pkt { return drop('end'); }); // error IOV1001@27: Syntax error: Expected `,` or `)` but found `{`
