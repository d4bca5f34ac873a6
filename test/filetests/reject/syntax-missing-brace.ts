// filetest: reject
// A brace that is never closed.
import { drop, module } from 'iovisor/module';

export default module(() => drop('end'; // error IOV1001@39: Syntax error: Expected `,` or `)` but found `;`
