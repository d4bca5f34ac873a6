// filetest: reject
// The verifier goes every round of a loop, and gives up at a million instructions.
import { drop, module, to, type u32 } from 'iovisor/module';

export default module(pkt => {
  let sum: u32 = 0;
  for (let i = 0; i < 600; i++) {
    for (let j = 0; j < 1000; j++) sum += pkt.length ^ j; // error IOV6006@21: it would look at more than 2,000,000 instructions
  }
  return sum === 4 ? to(1) : drop('no');
});
