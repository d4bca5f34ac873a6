// filetest: reject
// A module has ports, and nothing behind it.
import { module, next } from 'iovisor/module';

export default module(() => next()); // error IOV5004@29: This kind of program has no 'next'
