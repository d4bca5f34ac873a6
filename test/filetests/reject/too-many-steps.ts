// filetest: reject
// The verifier goes every round of a loop, and gives up at a million instructions.
import { drop, module, to, type u32 } from 'iovisor/module';

function mixed(from: u32): u32 {
  let sum = from;
  for (let i = 0; i < 4000; i++) sum = (sum ^ i) * 31 + (sum >> 3); // error IOV6006@16: it would look at more than 2,000,000 instructions
  return sum;
}
function four(from: u32): u32 {
  return mixed(mixed(mixed(mixed(from))));
}
function sixteen(from: u32): u32 {
  return four(four(four(four(from))));
}

export default module(pkt => sixteen(sixteen(sixteen(sixteen(pkt.length)))) === 4 ? to(1) : drop('no'));
