// filetest: reject
import { filter, next, to } from 'iovisor/module';

export default filter({
  egress: () => to(1), // error IOV5004@17: no 'to'
  ingress: () => next(),
});
