// filetest: reject
// Ways of a filter are egress and ingress.
import { filter, next } from 'iovisor/module';

export default filter({ egress: () => next(), outgress: () => next() }); // error IOV2020@47: The program has no field 'outgress'
