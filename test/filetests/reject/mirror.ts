// filetest: reject
import { filter, mirror, next } from 'iovisor/module';

export default filter({
  ingress() {
    mirror(3); // error IOV5018@5: A filter cannot mirror
    return next();
  },
});
