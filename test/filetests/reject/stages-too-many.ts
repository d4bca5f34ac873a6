// filetest: reject
// Too many stages.
import { drop, module, stage } from 'iovisor/module';

const s0 = stage(() => drop('end'));
const s1 = stage(() => drop('end'));
const s2 = stage(() => drop('end'));
const s3 = stage(() => drop('end'));
const s4 = stage(() => drop('end'));
const s5 = stage(() => drop('end'));
const s6 = stage(() => drop('end'));
const s7 = stage(() => drop('end'));
const s8 = stage(() => drop('end'));
const s9 = stage(() => drop('end'));
const s10 = stage(() => drop('end'));
const s11 = stage(() => drop('end'));
const s12 = stage(() => drop('end'));
const s13 = stage(() => drop('end'));
const s14 = stage(() => drop('end'));
const s15 = stage(() => drop('end'));
const s16 = stage(() => drop('end'));
const s17 = stage(() => drop('end'));
const s18 = stage(() => drop('end'));
const s19 = stage(() => drop('end'));
const s20 = stage(() => drop('end'));
const s21 = stage(() => drop('end'));
const s22 = stage(() => drop('end'));
const s23 = stage(() => drop('end'));
const s24 = stage(() => drop('end'));
const s25 = stage(() => drop('end'));
const s26 = stage(() => drop('end'));
const s27 = stage(() => drop('end'));
const s28 = stage(() => drop('end'));
const s29 = stage(() => drop('end'));
const s30 = stage(() => drop('end'));
const s31 = stage(() => drop('end'));
const s32 = stage(() => drop('end')); // error IOV5020@13: Too many stages: more than 32

export default module(pkt => pkt.length > 60 ? s1(pkt) : s0(pkt));
