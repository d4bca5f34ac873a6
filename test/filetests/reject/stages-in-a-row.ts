// filetest: reject
// Too many stages one behind another.
import { drop, module, stage } from 'iovisor/module';

const s16 = stage(() => drop('end'));
const s15 = stage(pkt => s16(pkt));
const s14 = stage(pkt => s15(pkt));
const s13 = stage(pkt => s14(pkt));
const s12 = stage(pkt => s13(pkt));
const s11 = stage(pkt => s12(pkt));
const s10 = stage(pkt => s11(pkt));
const s9 = stage(pkt => s10(pkt));
const s8 = stage(pkt => s9(pkt));
const s7 = stage(pkt => s8(pkt));
const s6 = stage(pkt => s7(pkt));
const s5 = stage(pkt => s6(pkt));
const s4 = stage(pkt => s5(pkt));
const s3 = stage(pkt => s4(pkt));
const s2 = stage(pkt => s3(pkt));
const s1 = stage(pkt => s2(pkt));
const s0 = stage(pkt => s1(pkt));

export default module(pkt => pkt.length > 60 ? s1(pkt) : s0(pkt)); // error IOV5020@58: Too many stages one behind another: more than 16
