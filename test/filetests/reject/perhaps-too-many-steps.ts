// filetest: reject
// Near the verifier's limit a warning is given.
import { drop, module, to, type u32 } from 'iovisor/module';

export default module(pkt => {
  let sum: u32 = 0;
  for (let i = 0; i < 150; i++) {
    for (let j = 0; j < 1000; j++) sum += pkt.length ^ j; // warning IOV6007@21: The verifier may give up: it looks at about
  }
  return sum === 4 ? to(1) : drop('no');
});
