// filetest: reject
// A filter has two ways.
import { filter, next } from 'iovisor/module';

export default filter(pkt => next()); // error IOV1009@23: This program is not in the module language
