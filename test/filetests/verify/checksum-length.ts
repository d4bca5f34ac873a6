// filetest: verify
// A length that only we know to be small: the verifier is told by the mask of each piece. Found by the fuzzer.
import { Header, checksum, module, to, u16, u32, u8 } from 'iovisor/module';
class Probe extends Header { kind: u8 = 0; flags: u8 = 0; id: u16 = 0; seq: u32 = 0; }
export default module(pkt => {
  const p = pkt.at(Probe, 14);
  const v7: u16 = checksum(p, u16(u32(u32(0) / u32(p.kind)) & 63), 64);
  return to(v7);
});
