// filetest: reject
// Near the verifier's limit a warning is given.
import { drop, module, to, type u32 } from 'iovisor/module';

function mixed(from: u32): u32 {
  let sum = from;
  for (let i = 0; i < 4000; i++) sum = (sum ^ i) * 31 + (sum >> 3); // warning IOV6007@16: The verifier may give up: it looks at about
  return sum;
}
function four(from: u32): u32 {
  return mixed(mixed(mixed(mixed(from))));
}
function sixteen(from: u32): u32 {
  return four(four(four(four(from))));
}

export default module(pkt => sixteen(pkt.length) === 4 ? to(1) : drop('no'));
