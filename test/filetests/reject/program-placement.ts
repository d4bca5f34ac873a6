// filetest: reject
// A placement that there is not.
import { filter, next } from 'iovisor/module';

export default filter({ state: 'everywhere', egress: () => next() }); // error IOV5016@32: 'everywhere' is not a placement
